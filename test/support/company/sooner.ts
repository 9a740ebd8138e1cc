/** Time that passes for runs alone. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Foundation } from '../../../src/app/foundation.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import { bringDueForward, isActive } from '../../../src/engine/runs/run.ts';
import { wake } from '../../../src/engine/runs/wake-run.ts';

const BETWEEN_MS = 50;
const yes = (): boolean => true;
const MANY = { offset: 0, limit: 100 };

/**
 * Waits for this, while no run pauses before it sends a request again: how long the pauses are is shown where they are decided,
 * and not by who waits for them.
 */
export async function sooner<T>(foundation: Foundation, awaited: Promise<T>): Promise<T> {
  const here = awaited.then(yes, yes);
  do await endPauses(foundation);
  while (!(await Promise.race([here, pause(BETWEEN_MS, false)])));
  return awaited;
}

async function endPauses({ stores, transact, now }: Foundation): Promise<void> {
  const { runs } = await stores.runs.list({ outcome: 'under-way' }, MANY);
  for (const run of runs) {
    if (!isActive(run) || run.state !== 'waiting') continue;
    const due = bringDueForward(run, Infinity, now());
    if (due === run) continue;
    try {
      await transact(async (tx) => wake(tx, await tx.runs.save(due)));
    } catch (error) {
      if (!(error instanceof StaleWrite)) throw error; // The worker has begun.
    }
  }
}
