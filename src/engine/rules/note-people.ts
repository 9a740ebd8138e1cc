/** Who is to be evaluated, in the transaction of what changed: the row is the state, and the job is a wake-up. */
import { chunksOf } from '../../core/batches.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Run } from '../runs/run.ts';

/** A statement takes a limited number of values. */
const AT_ONCE = 250;

/** Something changed of these people that a rule may look at. */
export async function notePeople(tx: Transaction, personIds: readonly string[]): Promise<void> {
  if (personIds.length === 0 || !(await tx.rules.any())) return;
  for (const some of chunksOf(personIds, AT_ONCE)) await tx.ruleWork.add(some, tx.now);
  await wakeRules(tx);
}

/** A rule changed, or a day began: everyone is looked at. */
export async function noteEveryone(tx: Transaction): Promise<void> {
  if (!(await tx.rules.any())) return;
  await tx.ruleWork.beginPass(tx.now);
  await wakeRules(tx);
}

/** One job goes on until nothing waits. */
export const wakeRules = (tx: Transaction): Promise<void> =>
  tx.queue.push('rules.evaluate', {}, { lane: 'background', key: 'rules' });

/** A grant ended without success: if a rule wanted it, the failure counts now, and the next try is a day later. */
export async function noteFailedRun(tx: Transaction, run: Run): Promise<void> {
  if (run.kind !== 'execute' || (run.state !== 'failed' && run.state !== 'blocked')) return;
  const ofRules = await tx.holds.latestOfRules(run.personId, run.integrationId);
  if (ofRules.some(({ runId }) => runId === run.id)) await notePeople(tx, [run.personId]);
}
