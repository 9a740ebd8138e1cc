/** Imports the rows of a run in batches, and connects people with their managers afterwards. */
import { together } from '../../core/together.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { connectManagers } from './connect-managers.ts';
import {
  CHANGED_ROWS_AT_ONCE,
  type HeldRun,
  type Holding,
  isRefreshDue,
  NEW_ROWS_AT_ONCE,
  sourceOf,
  storeProgress,
  whileOurs,
} from './hold-sync.ts';
import { ownedBy } from './owned-fields.ts';
import {
  type ConnectingRound,
  newRound,
  type RowState,
  type SyncRow,
  withWarnings,
} from './sync-run.ts';
import { type Taking, takeRows } from './take-rows.ts';

/**
 * Rows that are searched for those to import. This upper bound keeps PostgreSQL from reading more, even before it has statistics
 * of the table.
 */
const ROWS_AHEAD = 10 * NEW_ROWS_AT_ONCE;
const IMPORTED: readonly RowState[] = ['new', 'left', 'fill'];

interface Batch {
  readonly rows: readonly SyncRow[];
  /** The last row that was searched; -1: there are no more. */
  readonly upTo: number;
}

/** The next rows to import; none if none of the `ROWS_AHEAD` is chosen. */
const chosenFrom = (
  from: number,
  { id }: HeldRun,
  { syncRows }: Pick<Stores, 'syncRows'>,
): Promise<readonly SyncRow[]> =>
  syncRows.chosenBetween(
    id,
    { from, below: from + ROWS_AHEAD, states: IMPORTED },
    NEW_ROWS_AT_ONCE,
  );

/**
 * Rows that are read while those before them are imported. Nothing but their import changes them then, or an erasure, whose address
 * is looked for in the transaction, as is everything else that a row depends on.
 */
export interface RowsAhead {
  /** Undefined where they weren't read. */
  readonly take: (from: number) => Promise<readonly SyncRow[] | undefined>;
  readonly readAhead: (from: number, run: HeldRun) => void;
}

export function createRowsAhead({ stores }: { readonly stores: Stores }): RowsAhead {
  let ahead: { readonly from: number; readonly rows: ReturnType<RowsAhead['take']> } | undefined;
  return {
    async take(from) {
      const begun = ahead;
      ahead = undefined;
      return begun?.from === from ? begun.rows : undefined;
    },
    readAhead(from, run) {
      ahead = { from, rows: chosenFrom(from, run, stores).catch(() => undefined) };
    },
  };
}

async function nextBatch(
  tx: Transaction,
  run: HeldRun,
  known?: readonly SyncRow[],
): Promise<Batch> {
  const from = run.importedUpTo + 1;
  const rows = known ?? (await chosenFrom(from, run, tx));
  const last = rows.length === NEW_ROWS_AT_ONCE ? rows.at(-1)?.seq : undefined;
  const upTo = last ?? from + ROWS_AHEAD - 1;
  return { rows, upTo: upTo + 1 < run.counts.rows ? upTo : -1 };
}

/** The batch without the rows from number `next` on. */
const rowsBelow = (next: number | undefined, { rows, upTo }: Batch): Batch =>
  next === undefined
    ? { rows, upTo }
    : { rows: rows.filter(({ seq }) => seq < next), upTo: next - 1 };

/** The number of the row after as many new people as there are, and as many others as one transaction may change. */
function oneTooMany(rows: readonly SyncRow[]): number | undefined {
  const changing = rows.filter(({ state, details }) => state !== 'new' || details?.endDate); // It plans an offboarding.
  return changing[CHANGED_ROWS_AT_ONCE]?.seq;
}

/** @param hasTime whether the job has time for one more batch */
export async function importSome(
  run: HeldRun,
  { rowsAhead, hasTime }: { readonly rowsAhead: RowsAhead; readonly hasTime: () => boolean },
  deps: Holding,
): Promise<HeldRun> {
  let ahead = await rowsAhead.take(run.importedUpTo + 1); // In the transaction it would wait for SQLite's one connection.
  return whileOurs(run, deps, async (tx, ours) => {
    const found = await nextBatch(tx, ours, ahead);
    ahead = undefined; // A transaction that runs again reads them itself.
    const { rows, upTo } = rowsBelow(oneTooMany(found.rows), found);
    if (upTo !== -1 && hasTime()) rowsAhead.readAhead(upTo + 1, ours);
    const taking = await takingBy(tx, ours);
    const taken = await takeRows(tx, { rows, before: ours.counts }, taking);
    const unconnected = ours.unconnected + taken.unconnected;
    const isDone = upTo === -1;
    const next: HeldRun = {
      ...ours,
      counts: taken.counts,
      warnings: withWarnings(ours, taken.warnings),
      unconnected,
      importedUpTo: upTo,
      tries: 0,
      ...(isDone && { phase: unconnected > 0 ? 'connecting' : 'tidying' }),
    };
    const batches = Math.floor(taken.counts.created / NEW_ROWS_AT_ONCE);
    return storeProgress(tx, next, { refreshes: isDone || isRefreshDue(batches) });
  });
}

export const connectSome = (run: HeldRun, deps: Holding): Promise<HeldRun> =>
  whileOurs(run, deps, async (tx, ours) => {
    const found = await nextBatch(tx, ours);
    const taking = await takingBy(tx, ours);
    const some = await connectManagers(tx, found.rows, { ...taking, most: CHANGED_ROWS_AT_ONCE });
    const { upTo } = rowsBelow(some.next, found);
    const round: ConnectingRound = {
      set: ours.connecting.set + some.set,
      refused: ours.connecting.refused + some.refused,
      without: ours.connecting.without + some.without,
    };
    if (upTo !== -1) return tx.syncRuns.save({ ...ours, connecting: round, importedUpTo: upTo });
    // Someone who was refused may fit now: their manager has another manager.
    if (round.refused > 0 && round.set > 0)
      return tx.syncRuns.save({ ...ours, connecting: newRound, importedUpTo: -1 });
    const { counts } = ours;
    return tx.syncRuns.save({
      ...ours,
      counts: { ...counts, withoutManager: counts.withoutManager + round.without },
      importedUpTo: -1,
      phase: 'tidying' as const,
    });
  });

async function takingBy(tx: Transaction, run: HeldRun): Promise<Taking> {
  const [owns, source] = await together([stillOwned(tx, run), sourceOf(tx, run)]);
  const { id: runId, createdAt: beganAt, integrationId } = run;
  return { actor: run.approvedBy ?? run.startedBy, runId, beganAt, integrationId, owns, source };
}

/** While the run waited for an OK, an admin may have given a field to another import. */
async function stillOwned(tx: Transaction, run: HeldRun): Promise<ReadonlySet<string>> {
  const integration = await tx.integrations.find(run.integrationId);
  const now = integration ? await ownedBy(tx, integration) : [];
  return new Set(run.owns.filter((field) => now.includes(field)));
}
