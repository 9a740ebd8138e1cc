/** A worker's hold on a sync run: whoever lost it stores nothing. */

import { StaleWrite } from '../ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { syncSubject, touch } from '../work/subjects.ts';
import {
  isAtWork,
  leaseSync,
  type SyncAtWork,
  type SyncIn,
  type SyncRun,
  syncDueOf,
} from './sync-run.ts';

export interface Holding {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly workerId: string;
}

export type HeldRun = SyncIn<'running'>;

/** Thrown where the run is somebody else's meanwhile, or was cancelled. */
export class LostSync extends Error {
  readonly code = 'lost-sync';
  constructor(id: string, options?: ErrorOptions) {
    super(`The sync run ${id} is no longer this worker's`, options);
    this.name = 'LostSync';
  }
}

/** Wakes a worker for the run when it is due. */
export const wakeSync = (tx: Transaction, run: SyncAtWork, dueAt: Date): Promise<void> =>
  tx.queue.push(
    'sync.advance',
    { runId: run.id },
    { lane: 'imports', dueAt, key: `sync:${run.id}` },
  );

/** @returns undefined where there is nothing to do now */
export const takeSync = (runId: string, parts: Holding): Promise<HeldRun | undefined> =>
  parts.transact(async (tx) => {
    const run = await tx.syncRuns.find(runId);
    const now = tx.now;
    if (!run || !isAtWork(run)) return undefined;
    if (syncDueOf(run) > now) {
      // A wake-up may have been merged into an earlier one that was superfluous: then this is the last one.
      await wakeSync(tx, run, syncDueOf(run));
      return undefined;
    }
    // Whoever held it last died over it, or was cut off: it has begun on this page or batch once more.
    const begun = run.state === 'running' ? { ...run, tries: run.tries + 1 } : run;
    const held = await tx.syncRuns.save(leaseSync(begun, parts.workerId, now));
    await touch(tx, syncSubject(runId));
    return held;
  });

/**
 * Does `work` in a transaction that holds the run, with its lease renewed. Where somebody else changed one of the other
 * rows meanwhile, it is done again.
 * @throws {LostSync}
 */
export const whileOurs = <T>(
  run: HeldRun,
  parts: Holding,
  work: (tx: Transaction, run: HeldRun) => Promise<T>,
): Promise<T> =>
  parts.transact(async (tx) => {
    // First: whoever else goes on with it waits here, and is told then that it has changed.
    const ours = await tx.syncRuns
      .save(leaseSync(run, parts.workerId, tx.now))
      .catch((error: unknown) => {
        throw error instanceof StaleWrite ? new LostSync(run.id, { cause: error }) : error;
      });
    return work(tx, ours);
  });

/** Stores what the run has become, and refreshes its cards. @param cursor see `SyncRunStore.save` */
export async function storeSync<R extends SyncRun>(
  tx: Transaction,
  run: R,
  cursor?: string | null,
): Promise<R> {
  const saved = await tx.syncRuns.save(run, cursor);
  await touch(tx, syncSubject(run.id));
  return saved;
}
