/** The wake-up of a run, and runs as leased work. */
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Lane } from '../work/lanes.ts';
import type { Kind } from '../work/leased.ts';
import type { Run } from './run.ts';

/** A run that a person started is interactive while it is queued, so it goes before runs that a schedule started. */
export async function wake(
  tx: Transaction,
  run: Run,
  {
    dueAt = tx.now,
    lane = run.state === 'queued' && run.startedBy.kind !== 'system' ? 'interactive' : 'background',
  }: { readonly dueAt?: Date; readonly lane?: Lane } = {},
): Promise<void> {
  const { id: runId, personId, integrationId, manifestVersionId, accountId } = run;
  const about = { personId, integrationId, manifestVersionId, accountId };
  await tx.queue.push('run.advance', { runId, about }, { lane, dueAt, key: `run:${runId}` });
}

export const runWork: Kind<Run> = {
  store: ({ runs }) => runs,
  wake: (tx, run, dueAt) => wake(tx, run, { dueAt }),
};
