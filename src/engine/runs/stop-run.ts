/** Stops a run that has not ended: a grant whose access is being removed, or a revoke for someone who is active again. */
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidateRun } from '../work/topics.ts';
import { cancel, isUnfinished, type Run } from './run.ts';
import { aboutRun } from './run-entry.ts';

/**
 * Cancels a run that no worker holds. A worker cancels a running one before its next request.
 */
export async function stopRun(
  tx: Transaction,
  runId: string,
  actor: Actor,
): Promise<{ readonly kind: 'cancelled' | 'stopping' | 'ended'; readonly run: Run }> {
  const run = await tx.runs.find(runId);
  if (!run) throw new Error(`There is no run ${runId} any more`);
  if (!isUnfinished(run)) return { kind: 'ended', run };
  if (run.state !== 'running') {
    const cancelled = await tx.runs.save(cancel(run, actor, tx.now));
    await tx.audit('run.cancelled', aboutRun(run, actor));
    await invalidateRun(tx, cancelled);
    return { kind: 'cancelled', run: cancelled };
  }
  if (run.stoppedBy) return { kind: 'stopping', run };
  const stopping = await tx.runs.save({ ...run, stoppedBy: actor });
  await tx.audit('run.stopping', aboutRun(run, actor));
  await invalidateRun(tx, stopping);
  return { kind: 'stopping', run: stopping };
}
