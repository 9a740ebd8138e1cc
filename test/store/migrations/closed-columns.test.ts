/** What the database itself holds to: the words of each state and kind, as the code has them, and what a row refers to. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoveryStates } from '../../../src/engine/access/discovery.ts';
import { holdEnds } from '../../../src/engine/access/hold.ts';
import { removalMoves } from '../../../src/engine/access/removals/removal.ts';
import {
  deliveryStates,
  endpointStates,
  whysOff,
} from '../../../src/engine/event-endpoints/event-endpoint.ts';
import { roundStates } from '../../../src/engine/findings/account-round.ts';
import { findingKinds, findingStates } from '../../../src/engine/findings/finding.ts';
import { rowStates, syncMoves } from '../../../src/engine/imports/sync-run.ts';
import { bodyStates, deliveryMoves } from '../../../src/engine/messages/delivery.ts';
import { offboardingStates } from '../../../src/engine/offboarding/offboarding.ts';
import { requestMoves } from '../../../src/engine/requests/access-request.ts';
import { breakGlassStates } from '../../../src/engine/requests/break-glass-record.ts';
import { campaignStates, recurrences } from '../../../src/engine/reviews/campaign.ts';
import { reviewerKinds, undecidedWays } from '../../../src/engine/reviews/review.ts';
import { moves, stepStates } from '../../../src/engine/runs/run.ts';
import { plannedMoves } from '../../../src/engine/sequences/planned-item.ts';
import { anchors } from '../../../src/engine/sequences/sequence.ts';
import { batchStates } from '../../../src/engine/sequences/sequence-batch.ts';
import { authenticatorStates } from '../../../src/engine/step-up/authenticator.ts';
import { taskMoves } from '../../../src/engine/tasks/task.ts';
import { tokenEnds, tokenKinds } from '../../../src/engine/tokens/token.ts';
import {
  itemParts,
  transitionKinds,
  transitionStates,
} from '../../../src/engine/transitions/transition.ts';
import * as access from '../../../src/store/access/access.ts';
import * as accounts from '../../../src/store/access/accounts.ts';
import * as holds from '../../../src/store/access/holds.ts';
import * as managedThings from '../../../src/store/configuration/managed-things.ts';
import { dialectOf } from '../../../src/store/database.ts';
import * as rounds from '../../../src/store/findings/account-rounds.ts';
import * as syncRuns from '../../../src/store/imports/sync-runs.ts';
import * as tokens from '../../../src/store/integrations/oauth-tokens.ts';
import * as drafts from '../../../src/store/links/drafts.ts';
import * as links from '../../../src/store/links/links.ts';
import * as sessions from '../../../src/store/links/web-sessions.ts';
import * as inbox from '../../../src/store/live/inbox.ts';
import * as deliveries from '../../../src/store/messages/deliveries.ts';
import * as joins from '../../../src/store/people/joins.ts';
import * as personRows from '../../../src/store/people/person-rows.ts';
import { knownLanes } from '../../../src/store/queue/job-payloads.ts';
import * as requests from '../../../src/store/requests/requests.ts';
import * as reviews from '../../../src/store/reviews/review-rows.ts';
import * as runs from '../../../src/store/runs/run-rows.ts';
import * as batches from '../../../src/store/sequences/sequence-batches.ts';
import * as events from '../../../src/store/sequences/sequence-events.ts';
import * as tasks from '../../../src/store/tasks/tasks.ts';
import { platforms } from '../../../src/store/work/columns.ts';
import { columnName } from '../../../src/store/work/row-mapper.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

const closedColumns: Readonly<Record<string, object>> = {
  'api_tokens.kind': tokenKinds,
  'api_tokens.ended': tokenEnds,
  'people.role': personRows.roles,
  'chat_identities.platform': platforms,
  'refused_users.platform': platforms,
  'joins.platform': platforms,
  'joins.state': joins.states,
  'oauth_tokens.state': tokens.states,
  'sync_runs.action': syncRuns.actions,
  'sync_runs.mode': syncRuns.modes,
  'sync_runs.phase': syncRuns.phases,
  'sync_runs.state': syncMoves,
  'sync_runs.reading': syncRuns.readings,
  'sync_rows.state': rowStates,
  'runs.kind': runs.kinds,
  'runs.state': moves,
  'run_steps.state': stepStates,
  'access.state': access.states,
  'account_rounds.list': rounds.lists,
  'account_rounds.phase': rounds.phases,
  'account_rounds.state': roundStates,
  'event_deliveries.state': deliveryStates,
  'event_endpoints.state': endpointStates,
  'event_endpoints.why': whysOff,
  'findings.kind': findingKinds,
  'findings.state': findingStates,
  'discoveries.state': discoveryStates,
  'holds.source': holds.storedSources,
  'holds.ended_why': holdEnds,
  'accounts.state': accounts.states,
  'removals.state': removalMoves,
  'inbox.state': inbox.states,
  'access_requests.kind': requests.kinds,
  'access_requests.state': requestMoves,
  'break_glasses.state': breakGlassStates,
  'verdicts.verdict': requests.verdicts,
  'verdicts.via': requests.ways,
  'tasks.kind': tasks.kinds,
  'tasks.state': taskMoves,
  'offboardings.state': offboardingStates,
  'authenticators.state': authenticatorStates,
  'transitions.kind': transitionKinds,
  'transitions.state': transitionStates,
  'transition_items.part': itemParts,
  'reviews.state': reviews.states,
  'reviews.reviewers': reviewerKinds,
  'reviews.undecided': undecidedWays,
  'review_campaigns.state': campaignStates,
  'review_campaigns.every': recurrences,
  'review_campaigns.reviewers': reviewerKinds,
  'review_campaigns.undecided': undecidedWays,
  'review_items.state': reviews.itemStates,
  'sequences.anchor': anchors,
  'planned_items.state': plannedMoves,
  'sequence_starts.kind': events.occasionKinds,
  'sequence_change_starts.field': events.changeFields,
  'sequence_events.state': events.states,
  'sequence_batches.past': batches.pasts,
  'sequence_batches.state': batchStates,
  'deliveries.state': deliveryMoves,
  'deliveries.via': deliveries.ways,
  'deliveries.body': bodyStates,
  'links.purpose': links.purposes,
  'links.state': links.states,
  'web_sessions.purpose': sessions.purposes,
  'drafts.kind': drafts.kinds,
  'messages.platform': platforms,
  'managed_things.kind': managedThings.kinds,
  'conversations.platform': platforms,
};

/** Copied from another table, and never read as one of these words. */
const closedCopies = { 'former_chat_identities.platform': platforms };

/** Which the queue of SQLite alone has. */
const closedInSqlite = { 'jobs.lane': knownLanes };

/** Read as one of a few words and not held by the database, with the reason. */
const OPEN: Readonly<Record<string, string>> = {
  'jobs.name': "jobs come and go with each version; one that isn't known is buried",
};

/** Columns that end in `_id` and have no foreign key: who did something, and what is kept for a time of its own. */
const withoutKey = [
  'accounts.run_id',
  'access_requests.bundle_request_id',
  'access_requests.run_id',
  'access_requests.task_id',
  'audit_chain.entry_id',
  'audit_log.actor_person_id',
  'audit_log.integration_id',
  'audit_log.person_id',
  'audit_log.run_id',
  'bundle_request_items.request_id',
  'bundle_request_items.run_id',
  'bundle_request_items.task_id',
  'bundles.draft_version_id',
  'bundles.version_id',
  'chat_identities.user_id',
  'deliveries.recipient_id',
  'former_chat_identities.user_id',
  'deliveries.worker_id',
  'holds.bundle_id',
  'holds.request_id',
  'holds.run_id',
  'holds.rule_id',
  'holds.rule_item_id',
  'holds.task_id',
  'hook_calls.event_id',
  'inbox.process_id',
  'integrations.manifest_version_id',
  'account_rounds.after_id',
  'account_rounds.manifest_version_id',
  'account_rounds.worker_id',
  'discoveries.last_person_id',
  'event_endpoints.worker_id',
  'findings.account_id',
  'findings.round_id',
  'listed_accounts.round_id',
  'jobs.worker_id',
  'joins.user_id',
  'lost_jobs.job_id',
  'offboardings.started_by_id',
  'people.employee_id',
  'planned_items.by_id',
  'planned_items.delivery_id',
  'planned_items.removal_id',
  'planned_items.run_id',
  'planned_items.task_id',
  'refused_users.user_id',
  'removals.run_id',
  'removals.task_id',
  'break_glasses.reviewed_by_id',
  'request_questions.answered_by_id',
  'request_questions.asked_by_id',
  'request_reassignments.by_id',
  'request_reassignments.from_id',
  'request_reassignments.to_id',
  'review_items.decided_by_id',
  'review_items.removal_id',
  'review_items.reviewer_id',
  'review_items.run_id',
  'review_items.task_id',
  'reviews.campaign_id',
  'reviews.started_by_id',
  'review_campaigns.created_by_id',
  'review_campaigns.last_review_id',
  'rule_passes.last_person_id',
  'rule_troubles.counted_id',
  'run_answers.run_id',
  'runs.account_id',
  'runs.worker_id',
  'sequence_batches.last_person_id',
  'sequence_events.assignment_id',
  'sequence_items.waits_for_item_id',
  'sync_rows.employee_id',
  'sync_runs.manifest_version_id',
  'sync_runs.notice_run_id',
  'sync_runs.worker_id',
  'tasks.ended_by_id',
  'tasks.request_id',
  'transition_items.kept_by_id',
  'transition_items.kept_hold_id',
  'transition_items.removal_id',
  'verdicts.for_person_id',
  'verdicts.person_id',
];

/** `state: word(…)` in a `rowMapper('holds', …)` is `holds.state`. */
const wordsOfMappers = (text: string): readonly string[] =>
  [...text.matchAll(/rowMapper\('(?<table>[a-z_]+)', \{(?<fields>[^]*?)\n\}\)/g)].flatMap(
    ({ groups }) =>
      [...(groups?.['fields'] ?? '').matchAll(/(?<name>\w+): (?:optional\()?word\(/g)].map(
        (field) => `${groups?.['table']}.${columnName(field.groups?.['name'] ?? '')}`,
      ),
  );

test('every column that the stores read as one of a few words is known here', async () => {
  const folder = join(import.meta.dirname, '../../../src/store');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const read = texts.flatMap((text) => [
    ...[...text.matchAll(/(?:oneOf|readPurpose)\([^;]*?'(?<column>[a-z_]+\.[a-z_]+)'/g)].map(
      ({ groups }) => groups?.['column'] ?? '',
    ),
    ...wordsOfMappers(text),
  ]);
  const known = [closedColumns, closedInSqlite, OPEN].flatMap(Object.keys);
  expect([...new Set(read)].toSorted()).toEqual(known.toSorted());
});

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.cleanup());

  test('the database takes the words of each state and kind that the code knows, and no others', async () => {
    const { db } = database;
    const closed = {
      ...closedColumns,
      ...closedCopies,
      ...(dialectOf(db) === 'sqlite' && closedInSqlite),
    };
    expect(await checksOf(db)).toEqual(
      Object.fromEntries(
        Object.entries(closed).map(([column, words]) => [column, Object.keys(words).toSorted()]),
      ),
    );
  });

  test('a state that nobody knows is refused', async () => {
    await expect(
      database.db('reviews').insert({
        id: 'r1',
        version: 1,
        name: 'Spring',
        started_by_id: 'p1',
        state: 'somehow',
        created_at: 1,
        due_date: '2026-12-01',
      }),
    ).rejects.toThrow(/check/i);
  });

  test('every reference says what becomes of the row, or has none on purpose', async () => {
    const { db } = database;
    const rules = await foreignKeys(db);
    expect([...rules.values()].filter((rule) => rule === 'NO ACTION')).toEqual([]);
    const ids = (await columnsOf(db)).filter((column) => column.endsWith('_id'));
    const bare = ids.filter((column) => !rules.has(column));
    const others = dialectOf(db) === 'sqlite' ? 'lost_jobs.' : 'jobs.';
    expect(bare.toSorted()).toEqual(
      withoutKey.filter((column) => !column.startsWith(others)).toSorted(),
    );
  });
});

/** The words that each column takes, by its name. */
async function checksOf(db: Knex): Promise<Readonly<Record<string, readonly string[]>>> {
  const checks = await rowsOf<{ readonly name: string; readonly text: string }>(db, {
    sqlite: "select name, sql as text from sqlite_master where type = 'table'",
    postgres: `select conrelid::regclass as name, pg_get_constraintdef(oid) as text
      from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`,
  });
  const found = checks.flatMap(({ name, text }) =>
    [...text.matchAll(CHECK)].map(
      ({ groups }) => [`${name}.${groups?.['column']}`, wordsIn(groups?.['words'] ?? '')] as const,
    ),
  );
  return Object.fromEntries(found);
}

/** `check (state in ('a','b'))`, as SQLite keeps what it was given and as PostgreSQL says it. */
const CHECK = /check \(+[`"]?(?<column>\w+)[`"]? (?:in|= any) \((?<words>[^)]*)\)/gi;

const wordsIn = (text: string): readonly string[] =>
  [...text.matchAll(/'(?<word>[^']+)'/g)].map(({ groups }) => groups?.['word'] ?? '').toSorted();

/** What deleting the row does that a column refers to. */
async function foreignKeys(db: Knex): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf<{ readonly name: string; readonly rule: string }>(db, {
    sqlite: `select tables.name || '.' || "from" as name, on_delete as rule
      from sqlite_master as tables, pragma_foreign_key_list(tables.name) where tables.type = 'table'`,
    postgres: `select conrelid::regclass || '.' || attname as name,
        case confdeltype when 'a' then 'NO ACTION' else confdeltype::text end as rule
      from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
      where contype = 'f' and connamespace = 'public'::regnamespace`,
  });
  return new Map(rows.map(({ name, rule }) => [name, rule]));
}

async function columnsOf(db: Knex): Promise<readonly string[]> {
  const rows = await rowsOf<{ readonly name: string }>(db, {
    sqlite: `select tables.name || '.' || columns.name as name
      from sqlite_master as tables, pragma_table_info(tables.name) as columns
      where tables.type = 'table' and tables.name not like 'knex%' and tables.name not like 'sqlite%'`,
    postgres: `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and table_name not like 'knex%'`,
  });
  return rows.map(({ name }) => name);
}

async function rowsOf<T>(
  db: Knex,
  sql: Readonly<Record<ReturnType<typeof dialectOf>, string>>,
): Promise<readonly T[]> {
  const dialect = dialectOf(db);
  const found = await db.raw<readonly T[] | { readonly rows: readonly T[] }>(sql[dialect]);
  return 'rows' in found ? found.rows : found;
}
