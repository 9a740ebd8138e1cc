import type { Transaction } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';
import { notePeople } from './note-people.ts';

/** A grant ended without success: if a rule wanted it, the failure counts now, and the next try is a day later. */
export async function noteFailedRun(tx: Transaction, run: Run): Promise<void> {
  if (run.kind !== 'execute' || (run.state !== 'failed' && run.state !== 'blocked')) return;
  const holds = await tx.holds.of(run.personId, run.integrationId);
  if (holds.some(({ runId, ruleId }) => runId === run.id && ruleId !== undefined))
    await notePeople(tx, [run.personId]);
}
