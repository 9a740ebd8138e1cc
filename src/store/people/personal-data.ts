/**
 * Where personal data is in the database. Every table is listed here, with the way its rows belong to a person, or with
 * the reason why it has no personal data. Exports and erasure use this list.
 */
import type { Knex } from 'knex';
import type { RowState } from '../../engine/imports/sync-run.ts';
import type { Person } from '../../engine/people/directory.ts';
import { dialectOf } from '../database.ts';

/** The person, with every id that rows may use for them. */
export interface PersonInRows {
  readonly person: Person;
  /** That they have. At an erasure also those that they had, and that nobody else has now. */
  readonly emails: readonly string[];
  readonly chatUsers: readonly {
    readonly platform: string;
    readonly tenant: string;
    readonly user_id: string;
  }[];
}

export type Row = Readonly<Record<string, unknown>>;

interface PersonalTable {
  readonly table: string;
  /** Limits the query to the person's rows. */
  readonly theirs: (rows: Knex.QueryBuilder, named: PersonInRows, db: Knex) => Knex.QueryBuilder;
  /** Limits the query to rows from this time (milliseconds) on. Rows that describe the present all stay. */
  readonly since: (rows: Knex.QueryBuilder, ms: number, db: Knex) => Knex.QueryBuilder;
  /** What erasure does to these rows. Left out: the database deletes them with the person. */
  readonly onErasure?: 'deleted' | 'kept-without-them';
  /** Columns without personal data, and columns that would give access to something. */
  readonly withheld?: readonly string[];
}

const by =
  (...columns: readonly string[]): PersonalTable['theirs'] =>
  (rows, { person }) =>
    rows.where((either) => {
      for (const column of columns) either.orWhere({ [column]: person.id });
    });
const byEmail: PersonalTable['theirs'] = (rows, { emails }) => rows.whereIn('email', [...emails]);
const byEmailOrChatUser: PersonalTable['theirs'] = (rows, { emails, chatUsers }) =>
  rows.where((either) => {
    either.whereIn('email', [...emails]);
    for (const { platform, tenant, user_id } of chatUsers)
      either.orWhere({ platform, tenant, user_id });
  });
/** The erasure keeps them, without the person. */
const keptBy = (...columns: readonly string[]): Pick<PersonalTable, 'theirs' | 'onErasure'> => ({
  theirs: by(...columns),
  onErasure: 'kept-without-them',
});

/** Rows in which an import has found someone in the directory. */
export const OF_SOMEONE_HERE = ['existing', 'fill', 'left'] as const satisfies readonly RowState[];

/** Rows of imports under these addresses, unless they name by ID one of the others. */
export const importedUnder = (
  rows: Knex.QueryBuilder,
  emails: readonly string[],
  others: Knex.QueryBuilder,
): Knex.QueryBuilder =>
  rows.whereIn('email', [...emails]).where((whose) => {
    whose
      .whereNull('employee_id')
      .orWhereNotIn('employee_id', others.whereNotNull('employee_id').select('employee_id'));
  });

/** Under their address, unless it names someone else by ID; and under their ID, the person who has that address by now. */
const importedRows: PersonalTable['theirs'] = (
  rows,
  { person: { id, employeeId }, emails },
  db,
) => {
  const others = () => db('people').whereNot({ id });
  return rows.where((either) => {
    either.where((named) => importedUnder(named, emails, others()));
    if (employeeId !== undefined)
      either.orWhere((theirs) => {
        theirs
          .where({ employee_id: employeeId })
          .whereIn('state', ['new', ...OF_SOMEONE_HERE])
          .whereNotExists(others().where({ employee_id: employeeId }).select('id'));
      });
  });
};

/** The rows describe the present, or ended when the person left. */
const current: PersonalTable['since'] = (rows) => rows;
const at =
  (column: string): PersonalTable['since'] =>
  (rows, ms) =>
    rows.where(column, '>=', ms);
/** Takes the time from the row of another table that it belongs to. */
const asOld =
  (column: string, table: string, time: string): PersonalTable['since'] =>
  (rows, ms, db) =>
    rows.whereIn(column, db(table).where(time, '>=', ms).select('id'));

/** Parts of a row of theirs in another table, which has the time. */
const partOf = (
  column: string,
  table: string,
  time: string,
): Pick<PersonalTable, 'theirs' | 'since'> => ({
  since: asOld(column, table, time),
  theirs: (rows, { person }, db) =>
    rows.whereIn(column, db(table).where({ person_id: person.id }).select('id')),
});

export const personalTables: readonly PersonalTable[] = [
  { table: 'people', since: current, theirs: by('id'), withheld: ['search_text'] },
  { table: 'chat_identities', since: at('linked_at'), theirs: by('person_id') },
  { table: 'former_chat_identities', since: at('linked_at'), theirs: by('person_id') },
  { table: 'conversations', since: current, theirs: by('person_id') },
  { table: 'access', since: at('since'), theirs: by('person_id') },
  // The author is named by id. The typed text is about someone else.
  { table: 'fact_claims', since: at('at'), theirs: by('person_id') },
  { table: 'runs', since: at('created_at'), theirs: by('person_id'), withheld: ['worker_id'] },
  { table: 'run_steps', ...partOf('run_id', 'runs', 'created_at'), withheld: ['idempotency_key'] },
  { table: 'run_answers', since: at('ended_at'), theirs: by('person_id') },
  // `run_steps` has a step's answer without secrets. This table has the original.
  { table: 'run_responses', ...partOf('run_id', 'runs', 'created_at'), withheld: ['response'] },
  { table: 'run_files', ...partOf('run_id', 'runs', 'created_at'), withheld: ['content'] },
  {
    table: 'deliveries',
    since: at('created_at'),
    theirs: (rows, named, db) =>
      rows.where((either) => {
        either
          .where({ recipient_id: named.person.id })
          .orWhereIn('run_id', db('runs').where({ person_id: named.person.id }).select('id'))
          .orWhereIn(
            'planned_item_id',
            db('planned_items').where({ person_id: named.person.id }).select('id'),
          );
      }),
    onErasure: 'deleted',
    withheld: ['worker_id'],
  },
  { table: 'access_requests', since: at('created_at'), theirs: by('person_id', 'requested_by_id') },
  { table: 'bundle_requests', since: at('created_at'), theirs: by('person_id', 'requested_by_id') },
  {
    table: 'bundle_request_items',
    ...partOf('bundle_request_id', 'bundle_requests', 'created_at'),
  },
  {
    table: 'request_approvers',
    since: asOld('request_id', 'access_requests', 'created_at'),
    theirs: by('person_id'),
  },
  { table: 'verdicts', since: at('at'), ...keptBy('person_id', 'for_person_id') },
  {
    table: 'break_glasses',
    since: at('at'),
    theirs: (rows, { person }, db) =>
      rows.where((either) => {
        either
          .where({ reviewed_by_id: person.id })
          .orWhereIn(
            'request_id',
            db('access_requests').where({ person_id: person.id }).select('id'),
          );
      }),
    onErasure: 'kept-without-them',
  },
  { table: 'request_questions', since: at('asked_at'), ...keptBy('asked_by_id', 'answered_by_id') },
  { table: 'request_reassignments', since: at('at'), ...keptBy('from_id', 'to_id', 'by_id') },
  { table: 'tasks', since: at('created_at'), ...keptBy('person_id', 'assignee_id', 'ended_by_id') },
  { table: 'sequence_assignments', since: at('assigned_at'), theirs: by('person_id') },
  {
    table: 'planned_items',
    since: asOld('assignment_id', 'sequence_assignments', 'assigned_at'),
    ...keptBy('person_id', 'by_id'),
  },
  { table: 'sequence_events', since: at('at'), theirs: by('person_id') },
  { table: 'holds', since: at('started_at'), theirs: by('person_id') },
  { table: 'rule_exceptions', since: at('created_at'), theirs: by('person_id') },
  { table: 'rule_troubles', since: current, theirs: by('person_id') },
  { table: 'rule_changes', since: current, theirs: by('person_id') },
  { table: 'accounts', since: at('written_at'), theirs: by('person_id') },
  { table: 'removals', since: at('began_at'), theirs: by('person_id') },
  { table: 'delegations', since: current, theirs: by('person_id', 'delegate_id') },
  { table: 'offboardings', since: at('created_at'), theirs: by('person_id') },
  { table: 'offboarding_items', ...partOf('offboarding_id', 'offboardings', 'created_at') },
  // What is in it would let someone pass for them.
  { table: 'authenticators', since: current, theirs: by('person_id'), withheld: ['content'] },
  {
    table: 'api_tokens',
    since: at('created_at'),
    theirs: by('owner_id'),
    withheld: ['hash', 'search_text'],
  },
  {
    table: 'api_answers',
    since: at('created_at'),
    theirs: (rows, { person }, db) =>
      rows.whereIn('token_id', db('api_tokens').where({ owner_id: person.id }).select('id')),
    withheld: ['asked'],
  },
  { table: 'transitions', since: at('began_at'), theirs: by('person_id') },
  { table: 'transition_items', ...partOf('transition_id', 'transitions', 'began_at') },
  { table: 'reviews', since: at('created_at'), ...keptBy('started_by_id') },
  { table: 'review_campaigns', since: current, ...keptBy('created_by_id') },
  {
    table: 'review_items',
    since: asOld('review_id', 'reviews', 'created_at'),
    ...keptBy('person_id', 'reviewer_id', 'decided_by_id'),
  },
  { table: 'form_sessions', since: at('created_at'), theirs: by('person_id') },
  { table: 'drafts', since: at('created_at'), theirs: by('person_id'), withheld: ['content'] },
  {
    table: 'links',
    since: at('created_at'),
    theirs: by('person_id'),
    withheld: ['browser', 'code'],
  },
  {
    table: 'web_sessions',
    since: at('created_at'),
    theirs: by('person_id'),
    withheld: ['browser'],
  },
  { table: 'messages', since: at('posted_at'), theirs: by('reader_id'), withheld: ['shown'] },
  { table: 'joins', since: at('joined_at'), theirs: byEmailOrChatUser, onErasure: 'deleted' },
  {
    table: 'refused_users',
    since: at('refused_at'),
    theirs: byEmailOrChatUser,
    onErasure: 'deleted',
  },
  {
    table: 'sync_rows',
    since: asOld('run_id', 'sync_runs', 'created_at'),
    theirs: importedRows,
    onErasure: 'deleted',
  },
  {
    table: 'listed_accounts',
    since: at('last_seen_at'),
    theirs: (rows, { person, emails }) =>
      rows.where((either) => {
        either.where({ person_id: person.id }).orWhere((nobodys) => {
          nobodys.whereIn('email', [...emails]).whereNull('person_id');
        });
      }),
    onErasure: 'deleted',
    withheld: ['fact_key', 'matched_fact_key'],
  },
  { table: 'findings', since: at('found_at'), ...keptBy('person_id', 'owner_id') },
  { table: 'former_emails', since: at('until'), theirs: by('person_id'), onErasure: 'deleted' },
  { table: 'ignored_emails', since: at('at'), theirs: byEmail, onErasure: 'deleted' },
  {
    table: 'audit_log',
    since: at('at'),
    ...keptBy('person_id', 'actor_person_id'),
    withheld: ['seq', 'salt', 'content_hash'],
  },
];

/** All other tables, and why their rows belong to nobody. When a text there contains an address, erasure finds it. */
export const impersonalTables: Readonly<Record<string, string>> = {
  integrations: 'third parties and their settings; approvers are named by id',
  manifest_versions: 'manifests; the person who saved one is named by id',
  integration_health: 'times of answers',
  account_rounds: 'counts, and where the next page is',
  account_pages: 'hashes',
  discoveries: 'how far each integration was checked; the person who started it is named by id',
  stored_names: 'names under which integrations store values, and no value',
  secrets: 'secrets of integrations',
  oauth_tokens: 'tokens of integrations',
  options_cache: 'lists of third parties, for five minutes; erasing empties it',
  sequences: 'what fires when, for people to whom it is assigned',
  sequence_items: 'the same',
  sequence_batches: 'ids of who is assigned together',
  sequence_starts: 'which occasions start a sequence',
  sequence_change_starts: 'the same, for changes of a field',
  rules: 'conditions that anyone may match',
  rule_items: 'what a rule gives to people who match it',
  rule_passes: 'how far everyone was looked at',
  hooks: 'addresses that third parties call; the person who made one is named by id',
  hook_calls: 'fingerprints of calls, and why one was refused',
  event_endpoints: 'addresses that receive events',
  event_deliveries:
    'places in the audit log, and the beginning of what a receiver answered; erasing looks through it',
  bundles: 'named sets of integrations',
  bundle_versions: 'the same; the person who saved one is named by id',
  inbox: 'ids of events, for a day; what was sent, sealed, until it is answered',
  workers: 'processes',
  jobs: 'ids',
  lost_jobs: 'ids of jobs',
  settings: 'settings',
  managed_things: 'names of files',
  occurrences: 'times',
  file_imports: 'counts, and sentences about rows; the person who began one is named by id',
  sync_runs: 'counts',
  sync_pages: 'hashes',
  peppers: 'our own secrets; for as long as an erasure takes, what it looks for',
  audit_chain: 'hashes that nobody can turn back, and ids of entries',
  chat_tokens: 'tokens of the bot',
  erased_addresses: 'hashes that nobody can turn back',
};

/** By table. */
export async function textColumns(db: Knex): Promise<ReadonlyMap<string, readonly string[]>> {
  const isPostgres = dialectOf(db) === 'postgres';
  const found = isPostgres
    ? db('information_schema.columns')
        .where({ table_schema: 'public', data_type: 'text' })
        .select({ table: 'table_name', column: 'column_name' })
    : db
        .from(db.raw('sqlite_master as t, pragma_table_info(t.name) as c'))
        .whereRaw("t.type = 'table' and lower(c.type) = 'text'")
        .select({ table: 't.name', column: 'c.name' });
  const columns = new Map<string, string[]>();
  for (const { table, column } of await found)
    columns.set(table, [...(columns.get(table) ?? []), column]);
  return columns;
}
