/** Tables grow for years; what is asked often finds its rows by an index that has few others. Nobody runs ANALYZE on SQLite. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { planOf, statementsOf } from '../../support/database/plans.ts';
import { firstOf } from '../../support/given/outcomes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await temporaryDatabase();
});
afterAll(() => database.cleanup());

const page = { offset: 0, limit: 8 };
const seenBy = { readerId: 'ann', appIds: [] };

interface LookUp {
  readonly what: string;
  readonly ask: (stores: Stores) => Promise<unknown>;
  /** Of the plan. */
  readonly steps: readonly string[];
}

const lookUps: readonly LookUp[] = [
  {
    what: 'admins are looked up at every message that fails',
    ask: ({ people }) => people.admins(),
    steps: ['people_admins (active=?)'],
  },
  {
    what: 'access that begins in the future is looked for at each tick',
    ask: ({ holds }) => holds.startedAfter(new Date()),
    steps: ['holds_by_start (started_at>?)'],
  },
  {
    what: 'the message that was pressed',
    ask: ({ messages }) => messages.findByAddress({ platform: 'teams', key: '{}' }),
    steps: ['messages_by_place (platform=? AND <expr>=?)'],
  },
  {
    what: 'a manager’s reports',
    ask: ({ people }) => people.reportsOf('boss'),
    steps: ['people_by_manager (manager_id=? AND active=?)'],
  },
  {
    what: 'whose manager or buddy someone is',
    ask: ({ people }) => people.whoNames('ann'),
    steps: ['people_by_manager (manager_id=?)', 'people_by_buddy (buddy_id=?)'],
  },
  {
    what: 'people of a page of an import, by employee ID',
    ask: ({ people }) => people.findByEmployeeIds(['1', '2', '3']),
    steps: ['people_by_employee_id (employee_id=?)'],
  },
  {
    what: 'people for whom, by whom or for whose report a request is open',
    ask: ({ requests }) => requests.peopleWithOpen(['ann', 'bo']),
    steps: [
      'access_requests_by_person (person_id=?',
      'access_requests_by_requester (requested_by_id=?',
      'people_by_manager (manager_id=? AND active=?)',
    ],
  },
  {
    what: 'people about whom an item of a review is open',
    ask: ({ reviews }) => reviews.peopleWithOpen(['ann', 'bo']),
    steps: ['review_items_by_person (person_id=?)'],
  },
  {
    what: 'people about whom a task is open',
    ask: ({ tasks }) => tasks.peopleWithOpen(['ann', 'bo']),
    steps: ['tasks_by_person (person_id=?)'],
  },
  {
    what: 'rows of an import that are about people of these addresses',
    ask: ({ syncRows }) => syncRows.ofPeople('run', { emails: ['a', 'b'], employeeIds: [] }),
    steps: ['sync_rows_by_email (run_id=? AND email=?)'],
  },
  {
    what: 'rows of an import that are about people with these employee IDs',
    ask: ({ syncRows }) => syncRows.ofPeople('run', { emails: [], employeeIds: ['1', '2'] }),
    steps: ['sync_rows_by_employee_id (run_id=? AND employee_id=?)'],
  },
  {
    what: 'rows of an import with the employee IDs of managers',
    ask: ({ syncRows }) => syncRows.withEmployeeIds('run', ['1', '2', '3']),
    steps: ['sync_rows_by_employee_id (run_id=? AND employee_id=?)'],
  },
  {
    what: 'whom of these managers an import adds',
    ask: ({ syncRows }) => syncRows.newAmong('run', ['a', 'b', 'c']),
    steps: ['sync_rows_by_email (run_id=? AND email=?)'],
  },
  {
    what: 'whose these addresses of new people were',
    ask: ({ formerEmails }) => formerEmails.whose(['a', 'b', 'c']),
    steps: ['former_emails_by_email (email=?)'],
  },
  {
    what: 'who of these new people has joined a chat',
    ask: ({ joins }) => joins.byEmails(['a', 'b', 'c']),
    steps: ['joins_by_email (email=?)'],
  },
  {
    what: 'what happened to a person, or was done by them',
    ask: ({ auditLog }) => auditLog.list(page, { personId: 'ann' }),
    steps: ['audit_log_by_person (person_id=?)', 'audit_log_by_actor (actor_person_id=?)'],
  },
  {
    what: 'what happened at an integration',
    ask: ({ auditLog }) => auditLog.list(page, { integrationId: 'app' }),
    steps: ['audit_log_by_integration (integration_id=?)'],
  },
  {
    what: 'what a worker that has died was at',
    ask: ({ runs }) => runs.leasedBy('worker'),
    steps: ['runs_by_worker (worker_id=?)'],
  },
  {
    what: 'everyone, page by page',
    ask: ({ people }) => people.activePage('p1', 250),
    steps: ['people_by_id (active=? AND id>?)'],
  },
  {
    what: 'who begins soon',
    ask: ({ people }) => people.startingBetween('2026-01-01', '2026-01-08', page),
    steps: ['people_by_start (active=? AND start_date>? AND start_date<?)'],
  },
  {
    what: 'whose account an app’s answer names',
    ask: ({ accounts }) => accounts.withKeys('app', ['key']),
    steps: [
      'accounts_checked_as (integration_id=? AND checked_as=?)',
      'accounts_revoked_as (integration_id=? AND revoked_as=?)',
    ],
  },
  {
    what: 'tasks about someone’s access',
    ask: ({ tasks }) => tasks.list({ state: 'open', personId: 'ann', integrationId: 'app' }, page),
    steps: ['tasks_by_integration (integration_id=? AND person_id=?)'],
  },
  {
    what: 'someone’s last offboarding',
    ask: ({ offboardings }) => offboardings.last('ann'),
    steps: ['offboardings_by_person (person_id=?)'],
  },
  {
    what: 'someone’s open requests',
    ask: ({ requests }) => requests.list({ state: 'open', personIds: ['ann'] }, page),
    steps: ['access_requests_by_person (person_id=? AND state=?)'],
  },
  {
    what: 'open requests about which someone has said something',
    ask: ({ requests }) => requests.list({ state: 'open', saidById: 'ann' }, page),
    steps: ['verdicts_by_person (person_id=?)', 'verdicts_for_person (for_person_id=?)'],
  },
  {
    what: 'all requests, the newest first',
    ask: ({ requests }) => requests.listAfter({ at: new Date(0), id: 'r' }, 51, {}),
    steps: ['access_requests_by_age (created_at<?)'],
  },
  {
    what: 'requests that someone sees who doesn’t see all',
    ask: ({ requests }) => requests.listAfter(undefined, 51, { seenBy }),
    steps: [
      'sqlite_autoindex_access_requests_1 (id=?)',
      'access_requests_by_person (person_id=?)',
      'people_by_manager (manager_id=?)',
      'access_requests_by_requester (requested_by_id=?)',
      'request_approvers_by_person (person_id=?)',
      'verdicts_by_person (person_id=?)',
    ],
  },
  {
    what: 'runs that someone sees who doesn’t see all',
    ask: ({ runs }) => runs.listAfter(undefined, 51, { seenBy }),
    steps: [
      'sqlite_autoindex_runs_1 (id=?)',
      'runs_by_person (person_id=?)',
      'people_by_manager (manager_id=?)',
      'runs_by_starter (started_by_person=?)',
    ],
  },
  {
    what: 'whether someone’s access in an emergency is looked into',
    ask: ({ breakGlasses }) => breakGlasses.isLookedInto('ann', 'app'),
    steps: ['access_requests_by_integration (integration_id=? AND person_id=?)'],
  },
  {
    what: 'items of sequences that could not begin',
    ask: ({ plannedItems }) => plannedItems.stuck(page),
    steps: ['planned_items_stuck (state=?)'],
  },
  {
    what: 'runs of an integration that have not ended',
    ask: ({ runs }) => runs.unfinishedAt('app'),
    steps: ['runs_unfinished_of_integration (integration_id=?)'],
  },
  {
    what: 'imports that wait for an admin',
    ask: ({ syncRuns }) => syncRuns.list({ states: ['ready'] }, page),
    steps: ['sync_runs_by_state (state=?)'],
  },
];

test.each([
  [
    'whose addresses were',
    ({ formerEmails }: Stores, emails: string[]) => formerEmails.whose(emails),
  ],
  ['who joined a chat', ({ joins }: Stores, emails: string[]) => joins.byEmails(emails)],
] as const)('%s is asked of hundreds with one value', async (_, ask) => {
  const emails = Array.from({ length: 500 }, (__, n) => `p${n}@x.io`);
  const { bindings } = firstOf(await statementsOf(database.db, () => ask(database.stores, emails)));
  expect(bindings).toHaveLength(1);
});

test.each(lookUps)('$what', async ({ ask, steps }) => {
  const statement = firstOf(await statementsOf(database.db, () => ask(database.stores)));
  const plan = await planOf(database.db, statement);
  for (const step of steps) expect(plan).toContain(`INDEX ${step}`);
});
