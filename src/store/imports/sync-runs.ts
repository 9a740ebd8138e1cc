import type { Knex } from 'knex';
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import {
  connectingRound,
  heldImport,
  isAtWork,
  newRound,
  noCounts,
  type Reading,
  type SyncFacts,
  type SyncRun,
  syncCounts,
  syncMoves,
  syncPhases,
} from '../../engine/imports/sync-run.ts';
import type { SyncFilter, SyncRunStore } from '../../engine/ports/import-stores.ts';
import { unlessUnreadable } from '../../engine/ports/store.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { runError } from '../runs/run-rows.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import { cannotBeRead, saysCannotBeRead } from '../vault/sentences.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  present,
  type RowOf,
  readActor,
  readColumnOr,
  stateIs,
  time,
  timeOrNull,
  wordsOf,
} from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { dueAtOf, finishedAtOf, leaseColumns, leasedRows, leaseOf } from '../work/leased-rows.ts';
import { newestFirst } from '../work/newest-first.ts';
import { readPages } from '../work/read-pages.ts';
import { actor, date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { pageOf } from '../work/total.ts';
import { saveVersioned } from '../work/versioned-rows.ts';

type SyncRunRow = RowOf<typeof toRow>;

interface Sealed {
  /** JSON of sentences. They may quote an app's answer. */
  readonly messages: string | null;
  readonly cursor: string | null;
  readonly mark: string | null;
}

const count = z.number().int().nonnegative();

const progress = z.object({
  pages: count,
  counts: syncCounts,
  tries: count,
  askedSince: z.number().nullable(),
  importedUpTo: z.number(),
  owns: z.array(z.string()).default([]),
  unconnected: count,
  connecting: connectingRound.default(newRound),
  approvedBy: z.string().nullable(),
  failures: count,
  readyAt: z.number().nullable(),
  held: heldImport.nullable(),
  cancelledBy: z.string().nullable(),
});
type Progress = z.input<typeof progress>;
export const progressColumn = jsonColumn('sync_runs.progress', progress);

/** Stands in for progress that can't be read. */
const NOTHING_READ: z.output<typeof progress> = {
  pages: 0,
  counts: { ...noCounts, skipped: {}, replaced: {} },
  tries: 0,
  askedSince: null,
  importedUpTo: 0,
  owns: [],
  unconnected: 0,
  connecting: newRound,
  approvedBy: null,
  failures: 0,
  readyAt: null,
  held: null,
  cancelledBy: null,
};

const sentences = z.object({
  warnings: z.array(z.string()),
  why: z.string().nullable(),
  error: runError.nullable(),
  /** An older text of the same, sealed as it was: its key was missing when the run was saved. */
  unread: z.string().optional(),
});
type Sentences = z.input<typeof sentences>;

/** They decide nothing, so those that can't be read stop nothing else. */
const lostSentences = (unread: string): z.output<typeof sentences> => ({
  warnings: [cannotBeRead()],
  why: cannotBeRead(),
  error: { code: 'internal', message: cannotBeRead() },
  unread,
});

export const actions: Record<SyncRun['action'], true> = { create: true, update: true };
export const modes: Record<SyncRun['mode'], true> = { import: true, preview: true };
export const readings: Record<Reading, true> = { complete: true, changes: true, 'cut-off': true };
export const phases = wordsOf(syncPhases);

const IS_AT_WORK = stateIs('queued', 'running', 'waiting');

export function createSyncRunStore(db: Knex, vault: Vault): SyncRunStore {
  const runs = () => db<SyncRunRow & Sealed>('sync_runs');
  const cursors = sealedTexts(vault, sealedColumns.syncCursor);
  const marks = sealedTexts(vault, sealedColumns.syncMark);
  const messages = sealedTexts(vault, sealedColumns.syncMessages);
  const atWork = () => runs().whereRaw(IS_AT_WORK);

  function matching(filter: SyncFilter) {
    const query = runs();
    const { integrationId, states, action, mode, isComplete, isScheduled, noticeRunId } = filter;
    if (integrationId !== undefined) query.where({ integration_id: integrationId });
    if (states) query.whereIn('state', [...states]);
    if (action) query.where({ action });
    if (mode) query.where({ mode });
    if (isComplete) query.where({ reading: 'complete' });
    if (isScheduled) query.whereNotNull('scheduled_for');
    if (noticeRunId !== undefined) query.where({ notice_run_id: noticeRunId });
    return query;
  }

  const sealMessages = (run: SyncRun) => messages.sealJson(run, sentencesOf(run));
  const openSentences = async (id: string, sealed: string): Promise<z.output<typeof sentences>> => {
    const read = await unlessUnreadable(
      messages.openJson(sentences, { id, messages: sealed }),
      lostSentences(sealed),
    );
    if (read.unread === undefined || read.unread === sealed) return read;
    const { warnings, unread } = await openSentences(id, read.unread);
    return { ...read, unread, warnings: [...new Set([...warnings, ...read.warnings])] };
  };
  const open = async (row: SyncRunRow & Pick<Sealed, 'messages'>): Promise<SyncRun> => {
    if (row.messages === null) return toRun(row, { warnings: [], why: null, error: null });
    return toRun(row, await openSentences(row.id, row.messages));
  };
  const openAll = (rows: readonly (SyncRunRow & Sealed)[]): Promise<readonly SyncRun[]> =>
    Promise.all(rows.map(open));

  return {
    async insert(run) {
      return insertUnlessTaken(
        runs(),
        { ...toRow(run), messages: await sealMessages(run), cursor: null, mark: null },
        db.raw(`(integration_id) where ${IS_AT_WORK}`),
      );
    },

    async newestByApp() {
      const newest = db<SyncRunRow>('sync_runs as each')
        .whereRaw('?? = ??', ['each.integration_id', 'integrations.id'])
        .orderBy(newestFirst())
        .limit(1)
        .select('each.id');
      const rows: (SyncRunRow & Sealed)[] = await db('integrations')
        .whereNull('deleted_at')
        .join('sync_runs', (on) => on.on('sync_runs.id', db.raw('(?)', [newest])))
        .select('sync_runs.*');
      return new Map((await openAll(rows)).map((run) => [run.integrationId, run]));
    },

    find: findBy('id', runs, open),

    save: (run, cursor) =>
      saveVersioned(runs(), 'sync run', run, async (next) => {
        const { thinned: _thinned, ...columns } = toRow(next);
        const changed = { ...columns, messages: await sealMessages(next) };
        return cursor === undefined
          ? changed
          : { ...changed, cursor: cursor && (await cursors.seal(run, cursor)) };
      }),

    async cursor(id) {
      const row = await runs().where({ id }).first('id', 'cursor');
      return (row && (await cursors.open(row))) ?? undefined;
    },

    async setMark(id, mark) {
      await runs()
        .where({ id })
        .update({ mark: await marks.seal({ id }, mark) });
    },

    async mark(id) {
      const row = await runs().where({ id }).first('id', 'mark');
      return (row && (await marks.open(row))) ?? undefined;
    },

    async list(filter, page) {
      const { rows, total } = await pageOf(() => matching(filter), page, newestFirst());
      return { runs: await openAll(rows), total };
    },

    async atWork(integrationId) {
      const row = await atWork().where({ integration_id: integrationId }).first();
      const run = row && (await open(row));
      return run && isAtWork(run) ? run : undefined;
    },

    async unthinned(integrationId, but) {
      return runs()
        .where({ integration_id: integrationId, thinned: false })
        .whereNotNull('finished_at')
        .whereNotIn('id', [...but])
        .pluck('id');
    },

    async thinned(id) {
      await runs().where({ id }).update({ thinned: true });
    },

    ...leasedRows(runs, openAll),

    ...readPages(db, { table: 'sync_pages', of: 'run_id' }),
  };
}

const { toRow: toFacts, fromRow: factsIn } = rowMapper('sync_runs', {
  id: text,
  version: number,
  integrationId: text,
  manifestVersionId: text,
  action: word(actions),
  mode: word(modes),
  startedBy: actor,
  scheduledFor: optional(date),
  createdAt: date,
  phase: word(phases),
  reading: optional(word(readings)),
  noticeRunId: optional(text),
});

function toRow(run: SyncRun) {
  const stored: Progress = {
    pages: run.pages,
    counts: {
      ...run.counts,
      skipped: { ...run.counts.skipped },
      replaced: { ...run.counts.replaced },
    },
    tries: run.tries,
    askedSince: msOrNull(run.askedSince),
    importedUpTo: run.importedUpTo,
    owns: [...run.owns],
    unconnected: run.unconnected,
    connecting: run.connecting,
    approvedBy: run.approvedBy ? JSON.stringify(run.approvedBy) : null,
    failures: run.failures,
    readyAt: run.state === 'ready' ? run.readyAt.getTime() : null,
    held: run.state === 'ready' && run.held ? { ...run.held, why: [...run.held.why] } : null,
    cancelledBy: run.state === 'cancelled' ? JSON.stringify(run.cancelledBy) : null,
  };
  return {
    ...toFacts(run),
    state: run.state,
    ...leaseColumns(run),
    ...(!run.isLost && { progress: JSON.stringify(stored) }), // What can't be read stays as it is.
    thinned: false,
  };
}

const sentencesOf = (run: SyncRun): Sentences => ({
  warnings: run.warnings.filter((each) => run.unread === undefined || !saysCannotBeRead(each)),
  unread: run.unread,
  why: run.state === 'waiting' ? run.why : null,
  error: run.state === 'failed' ? run.error : null,
});

const factsOf = (
  row: SyncRunRow,
  stored: typeof NOTHING_READ,
  { warnings, unread }: Pick<Sentences, 'warnings' | 'unread'>,
): SyncFacts => ({
  ...factsIn(row),
  pages: stored.pages,
  counts: stored.counts,
  owns: stored.owns,
  warnings,
  ...(unread !== undefined && { unread }),
  tries: stored.tries,
  askedSince: timeOrNull(stored.askedSince) ?? undefined,
  importedUpTo: stored.importedUpTo,
  unconnected: stored.unconnected,
  connecting: stored.connecting,
  ...(stored.approvedBy !== null && {
    approvedBy: readActor(stored.approvedBy, 'sync_runs.progress'),
  }),
  failures: stored.failures,
});

function toRun(row: SyncRunRow, texts: z.output<typeof sentences>): SyncRun {
  const { why, error } = texts;
  const read = readColumnOr(progressColumn, row.progress, undefined);
  const stored = read ?? NOTHING_READ;
  const facts = factsOf(row, stored, texts);
  const lost = !read && { isLost: true as const }; // The worker that takes it ends it.
  const finishedAt = () => finishedAtOf(row, 'sync_runs');
  const state = oneOf(syncMoves, row.state, 'sync_runs.state');
  switch (state) {
    case 'queued':
      return { ...facts, ...lost, state, dueAt: dueAtOf(row, 'sync_runs') };
    case 'running':
      return { ...facts, ...lost, state, ...leaseOf(row, 'sync_runs') };
    case 'waiting':
      return { ...facts, ...lost, state, dueAt: dueAtOf(row, 'sync_runs'), why: why ?? '' };
    case 'ready':
      // No worker takes it, and another import may begin beside it.
      if (lost)
        return {
          ...facts,
          state: 'failed',
          finishedAt: time(row.created_at),
          error: { code: 'internal', message: cannotBeRead() },
        };
      return {
        ...facts,
        state,
        readyAt: time(present(stored.readyAt, 'sync_runs.progress')),
        ...(stored.held && { held: stored.held }),
      };
    case 'done':
      return { ...facts, state, finishedAt: finishedAt() };
    case 'failed':
      return {
        ...facts,
        state,
        finishedAt: finishedAt(),
        error: present(error, 'sync_runs.messages'),
      };
    case 'cancelled':
      return {
        ...facts,
        state,
        finishedAt: finishedAt(),
        cancelledBy: readActor(stored.cancelledBy ?? '', 'sync_runs.progress'),
      };
    default:
      return unreachable(state);
  }
}
