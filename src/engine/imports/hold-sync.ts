/** A worker's lease on a sync run: a worker that has lost it stores nothing. And what each of its transactions stores of the run. */
import type { ChangeSource } from '../people/directory.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { type Kind, takeable, type Worker, whileHeldOrLost } from '../work/leased.ts';
import { invalidate, syncTopic } from '../work/topics.ts';
import { leaseSync, type SyncAtWork, type SyncIn, type SyncRun } from './sync-run.ts';

export interface Holding extends Pick<Worker, 'workerId'> {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

/** Rows per transaction. Other writers wait for it, and a new row costs far less than a changed one (decision 27). */
export const NEW_ROWS_AT_ONCE = 500;
export const CHANGED_ROWS_AT_ONCE = 50;

/** Milliseconds between two transactions, so that others can write. */
const PAUSE_MS = 5;

/** Each transaction begins when the one before has ended for `PAUSE_MS`. What is read and worked out meanwhile counts. */
export function inTurns(transact: UnitOfWork, { now, pause }: Time): UnitOfWork {
  let next = 0;
  return async (work) => {
    const left = Math.min(next - now().getTime(), PAUSE_MS); // More where the clock went back.
    if (left > 0) await pause(left);
    try {
      return await transact(work);
    } finally {
      next = now().getTime() + PAUSE_MS;
    }
  };
}

export type HeldRun = SyncIn<'running'>;

/** Thrown if another worker has taken the run, or it was cancelled. */
export class LostSync extends Error {
  readonly code = 'lost-sync';
  constructor(id: string) {
    super(`The sync run ${id} is no longer this worker's`);
    this.name = 'LostSync';
  }
}

export const wakeSync = (tx: Transaction, run: SyncAtWork, dueAt: Date): Promise<void> =>
  tx.queue.push(
    'sync.advance',
    { runId: run.id },
    { lane: 'imports', dueAt, key: `sync:${run.id}` },
  );

export const syncWork: Kind<SyncRun> = { store: ({ syncRuns }) => syncRuns, wake: wakeSync };

/** @returns undefined if there is nothing to do now */
export const takeSync = (runId: string, deps: Holding): Promise<HeldRun | undefined> =>
  deps.transact(async (tx) => {
    const found = await tx.syncRuns.find(runId);
    const run = found && (await takeable(tx, { kind: syncWork, item: found }, deps));
    if (!run) return undefined;
    // The last worker died or was cut off, so this counts as one more try of the page or batch.
    const begun = run.state === 'running' ? { ...run, tries: run.tries + 1 } : run;
    const held = await tx.syncRuns.save(leaseSync(begun, deps.workerId, tx.now));
    await invalidate(tx, syncTopic(runId));
    return held;
  });

/** Does `work` in a transaction, with a new lease: see `whileHeldOrLost`. `work` saves the run. @throws {LostSync} */
export const whileOurs = <T>(
  known: HeldRun,
  deps: Holding,
  work: (tx: Transaction, run: HeldRun) => Promise<T>,
): Promise<T> =>
  whileHeldOrLost({ kind: syncWork, known, lost: (id) => new LostSync(id) }, deps, (tx, held) =>
    work(tx, leaseSync(held, deps.workerId, tx.now)),
  );

/** Saves the run, and refreshes its cards. @param cursor see `SyncRunStore.save` */
export async function storeSync<R extends SyncRun>(
  tx: Transaction,
  run: R,
  cursor?: string | null,
): Promise<R> {
  const saved = await tx.syncRuns.save(run, cursor);
  await invalidate(tx, syncTopic(run.id));
  return saved;
}

/** Cards show each of the first pages or batches, then every tenth, then every hundredth: chat platforms limit edits. */
export const isRefreshDue = (done: number): boolean =>
  done <= 10 || (done <= 100 ? done % 10 === 0 : done % 100 === 0);

export const storeProgress = (
  tx: Transaction,
  run: HeldRun,
  { refreshes, cursor }: { readonly refreshes: boolean; readonly cursor?: string },
): Promise<HeldRun> => (refreshes ? storeSync(tx, run, cursor) : tx.syncRuns.save(run, cursor));

/** How the audit log and events name what an import changes. */
export async function sourceOf(
  { integrations }: Pick<Stores, 'integrations'>,
  { id: runId, integrationId }: Pick<SyncRun, 'id' | 'integrationId'>,
): Promise<ChangeSource> {
  const integration = await integrations.find(integrationId);
  return { kind: 'sync', runId, integrationId, name: integration?.name ?? '' };
}
