import type { Transaction } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';
import { notePeople } from './note-people.ts';

/** A grant ended without success: if a rule wanted it, the failure counts now, and the next try is a day later. */
export async function noteFailedRun(tx: Transaction, run: Run): Promise<void> {
  if (run.kind !== 'execute' || (run.state !== 'failed' && run.state !== 'blocked')) return;
  const ofRules = await tx.holds.latestOfRules(run.personId, run.integrationId);
  if (ofRules.some(({ runId }) => runId === run.id)) await notePeople(tx, [run.personId]);
}
