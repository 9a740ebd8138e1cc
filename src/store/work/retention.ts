import type { Knex } from 'knex';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Perishable, Retention } from '../../engine/ports/upkeep-stores.ts';
import {
  bundleRequestTopic,
  homeTopic,
  removalTopic,
  requestTopic,
  taskTopic,
} from '../../engine/work/topics.ts';
import { deleteCopiesBefore } from '../backup-before-migrating.ts';
import { inTransaction } from '../database.ts';
import { createJobDriver } from '../queue/job-driver.ts';
import type { Vault } from '../vault/vault.ts';
import { purgeEntries } from './audit-chain.ts';

/** Rows in one transaction, so that a click's write never waits long. */
const ROWS_AT_ONCE = 250;
/** Each part of a file has a quarter of a megabyte. */
const FILE_PARTS_AT_ONCE = 16;
/** Runs that we handle together. We delete their parts first. */
const RUNS_AT_ONCE = 50;

export interface RetentionDeps {
  /** Of the key that signs which entries of the audit log were purged. */
  readonly vault: Vault;
  /** For the entry that names what was purged from the audit log. */
  readonly now?: Clock;
  /** Keeps what evidence needs of runs that go. Default: nothing. */
  readonly keepAnswers?: (tx: Knex, runIds: readonly string[]) => Promise<void>;
}

/** @param file of SQLite; undefined for PostgreSQL */
export function createRetention(
  db: Knex,
  file: string | undefined,
  { vault, now = () => new Date(), keepAnswers = async () => undefined }: RetentionDeps,
): Retention {
  const jobs = createJobDriver(db);
  return {
    async deleteSome(what, before) {
      if (what === 'copies') return file === undefined ? 0 : deleteCopiesBefore(file, before);
      if (what === 'buried-jobs') return jobs.deleteBuried(before, ROWS_AT_ONCE);
      const ms = before.getTime();
      return inTransaction(db, async (tx) => {
        if (what === 'runs') return deleteRuns(tx, ms, keepAnswers);
        if (what === 'audit')
          return purgeEntries(tx, { before: ms, limit: ROWS_AT_ONCE, at: now(), vault });
        if (what === 'event-deliveries') await forgetAnswers(tx, ms);
        if (what === 'tasks') await forgetFailed(tx, 'task_id', endedOtherwise(tx, ms));
        return what === 'sync-runs' ? deleteSyncRuns(tx, ms) : deleteOld(tx, agingTables[what], ms);
      });
    },
  };
}

/** What waits for an endpoint that is off stays, and is sent when it is on again; not what was answered, which may name someone. */
const forgetAnswers = (tx: Knex, before: number): Promise<unknown> =>
  tx('event_deliveries')
    .where('due_at', '<', before)
    .whereNotNull('answer')
    .update({ answer: null });

interface AgingTable {
  readonly table: string;
  /** Left out: `id`. */
  readonly key?: readonly string[];
  /** When the row was created or ended. Null while it hasn't ended. */
  readonly time: string;
  readonly except?: (rows: Knex.QueryBuilder, tx: Knex) => Knex.QueryBuilder;
}

type Aging = Exclude<Perishable, 'runs' | 'sync-runs' | 'buried-jobs' | 'copies' | 'audit'>;

/**
 * A request, task or removal may wait longer than the retention time. Its cards must stay so that they can be updated.
 * Home is pinned.
 */
const aboutWhatIsOpen = (rows: Knex.QueryBuilder, tx: Knex): Knex.QueryBuilder =>
  rows
    .whereNot('topic', 'like', `${homeTopic('')}%`)
    .whereNotExists(openOne(tx, 'access_requests', requestTopic('')))
    .whereNotExists(openOne(tx, 'tasks', taskTopic('')))
    .whereNotExists(
      tx('access_requests')
        .select('id')
        .where({ state: 'open' })
        .whereRaw('messages.topic = cast(? as text) || ??', [
          bundleRequestTopic(''),
          'access_requests.bundle_request_id',
        ]),
    )
    .whereNotExists(
      tx('removals')
        .select('id')
        .whereNull('ended_at')
        .whereRaw('messages.topic = cast(? as text) || ??', [removalTopic(''), 'removals.id']),
    );

/** It gave more time to a hold of another request. */
const EXTENDED = `access_requests.kind = 'extend' and access_requests.state = 'approved'
  and holds.integration_id = access_requests.integration_id
  and holds.started_at <= access_requests.decided_at
  and (holds.ended_at is null or holds.ended_at >= access_requests.decided_at)`;

/** A hold's line in a pack says who approved it, and what the app answered. By person, for the index. */
const holdsOf = (tx: Knex, table: 'access_requests' | 'run_answers'): Knex.QueryBuilder =>
  tx('holds')
    .select('holds.id')
    .where('holds.person_id', tx.ref(`${table}.person_id`));

/** Its card shows the requests of its items. */
const withRequests = (rows: Knex.QueryBuilder, tx: Knex): Knex.QueryBuilder =>
  rows.whereNotExists(
    tx('access_requests')
      .select('id')
      .where('access_requests.bundle_request_id', tx.ref('bundle_requests.id')),
  );

const openOne = (tx: Knex, table: string, prefix: string): Knex.QueryBuilder =>
  tx(table)
    .select('id')
    .where({ state: 'open' })
    .whereRaw('messages.topic = cast(? as text) || ??', [prefix, `${table}.id`]);

const agingTables: Readonly<Record<Aging, AgingTable>> = {
  messages: { table: 'messages', time: 'posted_at', except: aboutWhatIsOpen },
  'sequence-events': { table: 'sequence_events', time: 'ended_at' },
  'sequence-batches': { table: 'sequence_batches', time: 'created_at' },
  requests: {
    table: 'access_requests',
    time: 'decided_at',
    except: (rows, tx) =>
      rows.whereNotExists(
        holdsOf(tx, 'access_requests').where((or) =>
          or.whereRaw('holds.request_id = access_requests.id').orWhereRaw(EXTENDED),
        ),
      ),
  },
  'bundle-requests': { table: 'bundle_requests', time: 'created_at', except: withRequests },
  findings: {
    table: 'findings',
    time: 'seen_at',
    except: (rows) => rows.where({ state: 'resolved' }),
  },
  tasks: { table: 'tasks', time: 'ended_at' },
  assignments: { table: 'sequence_assignments', time: 'ended_at' },
  joins: { table: 'joins', time: 'joined_at' },
  'refused-users': {
    table: 'refused_users',
    key: ['platform', 'tenant', 'user_id'],
    time: 'refused_at',
  },
  accounts: { table: 'accounts', time: 'gone_at' },
  holds: { table: 'holds', time: 'ended_at' },
  'file-imports': { table: 'file_imports', time: 'created_at' },
  'run-answers': {
    table: 'run_answers',
    key: ['run_id'],
    time: 'ended_at',
    except: (rows, tx) =>
      rows.whereNotExists(holdsOf(tx, 'run_answers').whereRaw('holds.run_id = run_answers.run_id')),
  },
  'event-deliveries': { table: 'event_deliveries', time: 'finished_at' },
  drafts: { table: 'drafts', time: 'created_at' },
  links: { table: 'links', time: 'expires_at' },
  'web-sessions': { table: 'web_sessions', time: 'expires_at' },
  'form-sessions': { table: 'form_sessions', time: 'created_at' },
  options: { table: 'options_cache', key: ['key'], time: 'expires_at' },
  inbox: { table: 'inbox', key: ['key'], time: 'accepted_at' },
  'api-answers': { table: 'api_answers', key: ['token_id', 'key'], time: 'created_at' },
  // Also where one was revoked: until then its name is in the list and beside what it did.
  'api-tokens': { table: 'api_tokens', time: 'expires_at' },
  occurrences: { table: 'occurrences', key: ['subject', 'at'], time: 'at' },
};

const deleteOld = (
  tx: Knex,
  { table, key = ['id'], time, except = (rows) => rows }: AgingTable,
  before: number,
): Promise<number> =>
  deleteFirst(tx, { table, key, limit: ROWS_AT_ONCE }, (rows) =>
    except(rows.where(time, '<', before), tx),
  );

/** The parts of a run, largest first. */
const partsOfRuns = [
  { table: 'run_files', key: ['run_id', 'name', 'part_index'], atOnce: FILE_PARTS_AT_ONCE },
  { table: 'run_responses', key: ['run_id', 'attempt', 'step_index'], atOnce: ROWS_AT_ONCE },
  { table: 'run_steps', key: ['run_id', 'attempt', 'step_index'], atOnce: ROWS_AT_ONCE },
  { table: 'deliveries', key: ['id'], atOnce: ROWS_AT_ONCE },
] as const;

/** Never deletes a run that hasn't ended, or one with a message that is still to be sent. */
async function deleteRuns(
  tx: Knex,
  before: number,
  keepAnswers: NonNullable<RetentionDeps['keepAnswers']>,
): Promise<number> {
  const ids: readonly string[] = await tx('runs')
    .where('created_at', '<', before) // For the index: a run that ended before then was also created before then.
    .where('finished_at', '<', before)
    .whereNotExists(
      tx('deliveries')
        .select('id')
        .whereRaw('deliveries.run_id = runs.id')
        .whereNull('deliveries.finished_at'),
    )
    .orderBy('created_at')
    .limit(RUNS_AT_ONCE)
    .pluck('id');
  if (ids.length === 0) return 0;
  for (const { table, key, atOnce } of partsOfRuns) {
    if (table === 'run_steps') await keepAnswers(tx, ids);
    const deleted = await deleteFirst(tx, { table, key, limit: atOnce }, (rows) =>
      rows.whereIn('run_id', ids),
    );
    if (deleted > 0) return deleted;
  }
  const these = () => tx('runs').whereIn('id', ids);
  await forgetFailed(tx, 'run_id', these().whereNot({ state: 'succeeded' }).select('id'));
  return these().delete();
}

/** Items of bundles outlive what should have granted them. One that granted nothing isn't named any more: it would count as done. */
const forgetFailed = (
  tx: Knex,
  column: 'run_id' | 'task_id',
  ids: Knex.QueryBuilder,
): Promise<unknown> =>
  tx('bundle_request_items')
    .whereIn(column, ids)
    .update({ [column]: null });

const endedOtherwise = (tx: Knex, before: number): Knex.QueryBuilder =>
  tx('tasks').where('ended_at', '<', before).whereNot({ state: 'done' }).select('id');

/**
 * Keeps a few imports of each integration, whatever their age, since the next import is compared with them: the newest
 * complete reading, the newest done, the newest ended of each kind, and the one whose message also reports a newer one.
 * Imports that haven't ended also stay.
 */
async function deleteSyncRuns(tx: Knex, before: number): Promise<number> {
  const newer = () =>
    tx('sync_runs as newer')
      .select('newer.id')
      .whereRaw('newer.integration_id = old.integration_id')
      .whereRaw('newer.created_at > old.created_at');
  const ids: readonly string[] = await tx('sync_runs as old')
    .where('old.created_at', '<', before)
    .where('old.finished_at', '<', before)
    .where((or) =>
      or
        .whereNot((both) => both.where({ 'old.state': 'done', 'old.reading': 'complete' }))
        .orWhereExists(newer().where({ 'newer.state': 'done', 'newer.reading': 'complete' })),
    )
    .where((or) =>
      or.whereNot('old.state', 'done').orWhereExists(newer().where({ 'newer.state': 'done' })),
    )
    .where((or) =>
      or
        .where({ 'old.state': 'cancelled' })
        .orWhereExists(
          newer()
            .whereIn('newer.state', ['done', 'failed'])
            .whereRaw('newer.mode = old.mode')
            .whereRaw('(newer.scheduled_for is null) = (old.scheduled_for is null)'),
        ),
    )
    .whereNotExists(
      tx('sync_runs as told')
        .select('told.id')
        .whereRaw('told.notice_run_id = old.id')
        .where('told.created_at', '>=', before),
    )
    .orderBy('old.created_at')
    .limit(RUNS_AT_ONCE)
    .pluck('old.id');
  if (ids.length === 0) return 0;
  for (const [table, column] of [
    ['sync_rows', 'seq'],
    ['sync_pages', 'address'],
  ] as const) {
    const deleted = await deleteFirst(
      tx,
      { table, key: ['run_id', column], limit: ROWS_AT_ONCE },
      (rows) => rows.whereIn('run_id', ids),
    );
    if (deleted > 0) return deleted;
  }
  return tx('sync_runs').whereIn('id', ids).delete();
}

/** Neither database has a DELETE with a limit. */
async function deleteFirst(
  tx: Knex,
  {
    table,
    key,
    limit,
  }: { readonly table: string; readonly key: readonly string[]; readonly limit: number },
  which: (rows: Knex.QueryBuilder) => Knex.QueryBuilder,
): Promise<number> {
  const first = which(tx(table).select(...key)).limit(limit);
  return tx(table)
    .whereIn([...key], first)
    .delete();
}
