/** The one wake-up of a run, and the runs as leased work. */

import type { Transaction } from '../ports/unit-of-work.ts';
import type { Lane } from '../work/lanes.ts';
import type { Kind } from '../work/leased.ts';
import type { Run } from './run.ts';

/** The first steps of what someone has just started are interactive; what the calendar starts makes room for them. */
export async function wake(
  tx: Transaction,
  run: Run,
  dueAt: Date,
  lane: Lane = run.state === 'queued' && run.startedBy.kind !== 'system'
    ? 'interactive'
    : 'background',
): Promise<void> {
  await tx.queue.push('run.advance', { runId: run.id }, { lane, dueAt, key: `run:${run.id}` });
}

export const runWork: Kind<Run> = { store: ({ runs }) => runs, wake };
