import { fold } from '../../core/fold.ts';
import {
  hasEnded,
  isAtWork,
  type RowState,
  type SyncRow,
  type SyncRun,
  syncDueOf,
} from '../../engine/imports/sync-run.ts';
import type {
  IgnoredEmail,
  IgnoredEmailStore,
  SyncFilter,
  SyncRowFilter,
  SyncRowStore,
  SyncRunStore,
} from '../../engine/ports/import-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { createTable, type Journal, keyOf } from './table.ts';

export function createSyncRunStore(journal: Journal): SyncRunStore {
  const runs = createTable<SyncRun>('sync_runs', journal);
  const cursors = createTable<string>('sync_cursors', journal);
  const marks = createTable<string>('sync_marks', journal);
  const pages = createTable<true>('sync_pages', journal);
  const thinned = createTable<true>('thinned', journal);
  const atWork = () => runs.rows().filter(isAtWork);

  return {
    async insert(run) {
      if (atWork().some(({ integrationId }) => integrationId === run.integrationId)) return 'taken';
      runs.insert(run.id, run);
      return 'inserted';
    },
    find: async (id) => runs.get(id),
    async save(run, cursor) {
      if (runs.get(run.id)?.version !== run.version)
        throw new StaleWrite('sync run', run.id, run.version);
      const next = { ...run, version: run.version + 1 };
      runs.put(run.id, next);
      if (cursor === null) cursors.delete(run.id);
      else if (cursor !== undefined) cursors.put(run.id, cursor);
      return next;
    },
    cursor: async (id) => cursors.get(id),
    setMark: async (id, mark) => marks.put(id, mark),
    mark: async (id) => marks.get(id),
    async list(filter, { offset, limit }) {
      const all = runs
        .rows()
        .filter((run) => matches(run, filter))
        .toSorted(
          (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
        );
      return { runs: all.slice(offset, offset + limit), total: all.length };
    },
    atWork: async (integrationId) => atWork().find((run) => run.integrationId === integrationId),
    leasedBy: async (workerId) =>
      atWork().filter((run) => run.state === 'running' && run.workerId === workerId),
    overdue: async (before) =>
      atWork()
        .filter((run) => syncDueOf(run) < before)
        .toSorted((a, b) => syncDueOf(a).getTime() - syncDueOf(b).getTime())
        .slice(0, 100),
    addPage: async (runId, address) => pages.put(keyOf(runId, address), true),
    hasPage: async (runId, address) => pages.get(keyOf(runId, address)) !== undefined,
    unthinned: async (integrationId, but) =>
      runs
        .rows()
        .filter((run) => run.integrationId === integrationId && hasEnded(run))
        .map(({ id }) => id)
        .filter((id) => !but.includes(id) && !thinned.get(id)),
    thinned: async (id) => thinned.put(id, true),
  };
}

const matches = (
  run: SyncRun,
  { integrationId, states, action, mode, isComplete, isScheduled, noticeRunId }: SyncFilter,
): boolean =>
  (integrationId === undefined || run.integrationId === integrationId) &&
  (states === undefined || states.includes(run.state)) &&
  (action === undefined || run.action === action) &&
  (mode === undefined || run.mode === mode) &&
  (!isComplete || run.reading === 'complete') &&
  (!isScheduled || run.scheduledFor !== undefined) &&
  (noticeRunId === undefined || run.noticeRunId === noticeRunId);

/** What a source has of people, as opposed to what was left out of it. */
const OF_PEOPLE: readonly RowState[] = ['new', 'existing', 'left', 'fill', 'missing'];

/** @param isHere whether somebody has that address who has not left */
export function createSyncRowStore(
  journal: Journal,
  isHere: (email: string) => Promise<boolean>,
): SyncRowStore {
  const rows = createTable<SyncRow>('sync_rows', journal);
  const of = (runId: string) =>
    rows
      .rows()
      .filter((row) => row.runId === runId)
      .toSorted((a, b) => a.seq - b.seq);
  const put = (row: SyncRow) => rows.put(keyOf(row.runId, row.seq), row);
  const drop = (some: readonly SyncRow[]): number => {
    for (const { runId, seq } of some) rows.delete(keyOf(runId, seq));
    return some.length;
  };
  const has = (emails: readonly string[], { email }: SyncRow): boolean =>
    email !== undefined && emails.includes(email);

  return {
    find: async (runId, seq) => rows.get(keyOf(runId, seq)),
    async insertMany(many) {
      for (const row of many) rows.insert(keyOf(row.runId, row.seq), row);
    },
    async list(runId, filter, { offset, limit }) {
      const all = of(runId).filter((row) => isWanted(row, filter));
      return { rows: all.slice(offset, offset + limit), total: all.length };
    },
    count: async (runId, filter) => of(runId).filter((row) => isWanted(row, filter)).length,
    known: async (runId, emails) =>
      new Set(of(runId).flatMap((row) => (has(emails, row) ? (row.email ?? []) : []))),
    ofPeople: async (runId, emails) =>
      of(runId).filter(
        (row) => has(emails, row) && (row.state === 'existing' || row.state === 'fill'),
      ),
    chosenBetween: async (runId, { from, below, states }, limit) =>
      of(runId)
        .filter((row) => row.chosen && row.seq >= from && row.seq < below)
        .filter(({ state }) => states.includes(state))
        .slice(0, limit),
    async setState(runId, emails, state) {
      const some = of(runId).filter((row) => has(emails, row) && row.state === 'new');
      for (const row of some) put({ ...row, state, chosen: false });
      return some.length;
    },
    async choose(runId, emails, chosen) {
      for (const row of of(runId))
        if (has(emails, row) && (row.state === 'new' || row.state === 'left'))
          put({ ...row, chosen });
    },
    async chooseBetween(runId, { from, below, search }, chosen) {
      for (const row of of(runId))
        if (row.seq >= from && row.seq < below && isWanted(row, { states: ['new'], search }))
          put({ ...row, chosen });
    },
    async goneSince(before, runId, afterEmail, limit) {
      const now = new Set(of(runId).map(({ email }) => email));
      const gone: SyncRow[] = [];
      const old = of(before).toSorted((a, b) => ((a.email ?? '') < (b.email ?? '') ? -1 : 1));
      for (const row of old) {
        const { email = '', state } = row;
        const isGone = email > afterEmail && OF_PEOPLE.includes(state) && !now.has(email);
        if (isGone && (await isHere(email))) gone.push(row);
      }
      return gone.slice(0, limit);
    },
    deleteFrom: async (runId, seq, limit) =>
      drop(
        of(runId)
          .filter((row) => row.seq >= seq)
          .slice(0, limit),
      ),
    thin: async (runId, limit) =>
      drop(
        of(runId)
          .filter(({ state, chosen }) => state !== 'new' || !chosen)
          .slice(0, limit),
      ),
  };
}

function isWanted(row: SyncRow, { states, isChosen, search = '' }: SyncRowFilter): boolean {
  const text = fold(`${row.firstName} ${row.lastName} ${row.email ?? ''}`);
  return (
    (states === undefined || states.includes(row.state)) &&
    (isChosen === undefined || row.chosen === isChosen) &&
    fold(search)
      .split(/\s+/)
      .every((word) => text.includes(word))
  );
}

export function createIgnoredEmailStore(journal: Journal): IgnoredEmailStore {
  const table = createTable<IgnoredEmail>('ignored_emails', journal);
  return {
    async addMany(many) {
      for (const each of many) if (!table.get(each.email)) table.put(each.email, each);
    },
    // What is forgotten with the process needs no erasing.
    among: async (emails) =>
      new Map(emails.flatMap((email) => (table.get(email) ? [[email, 'ignored']] : []))),
    async list(search, { offset, limit }) {
      const all = table
        .rows()
        .filter(({ email }) => email.includes(search.trim().toLowerCase()))
        .toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.email < b.email ? -1 : 1));
      return { ignored: all.slice(offset, offset + limit), total: all.length };
    },
    delete: async (email) => table.delete(email),
  };
}
