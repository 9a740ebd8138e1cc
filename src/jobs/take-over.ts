/** What a dead worker held becomes free at once: its jobs, and the leases of its runs. */

import { wake } from '../engine/grant.ts';
import { type Clock, StaleWrite, type Stores, type UnitOfWork } from '../engine/ports.ts';
import { loseLease } from '../engine/run.ts';

export interface TakingOver {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly releaseJobsOf: (workerId: string) => Promise<unknown>;
  readonly now: Clock;
}

/** A worker that has not beaten for this long is dead, wherever it ran. */
const DEAD_AFTER_MS = 30_000;

export async function takeOver(workerId: string, parts: TakingOver): Promise<void> {
  await parts.releaseJobsOf(workerId);
  try {
    await freeRunsOf(workerId, parts);
  } catch (error) {
    // Another process takes over from the same worker, or it lives and went on: the next sweep does what is left.
    if (!(error instanceof StaleWrite)) throw error;
  }
}

async function freeRunsOf(workerId: string, parts: TakingOver): Promise<void> {
  await parts.transact(async (tx) => {
    const now = parts.now();
    for (const run of await tx.runs.leasedBy(workerId)) {
      if (run.state !== 'running') continue;
      await wake(tx, await tx.runs.save(loseLease(run, now)), now);
    }
    await tx.workers.remove(workerId);
  });
}

/** A run's wake-up comes within moments; one that is this late was lost with a job that failed too often. */
const LATE_MS = 60_000;

/** Takes over from every worker that fell silent, and wakes the runs whose wake-up was lost. */
export async function sweep(parts: TakingOver): Promise<void> {
  const before = new Date(parts.now().getTime() - DEAD_AFTER_MS);
  for (const workerId of await parts.stores.workers.silentSince(before))
    await takeOver(workerId, parts);
  const now = parts.now();
  const late = await parts.stores.runs.overdue(new Date(now.getTime() - LATE_MS));
  if (late.length === 0) return;
  await parts.transact(async (tx) => {
    for (const run of late) await wake(tx, run, now);
  });
}
