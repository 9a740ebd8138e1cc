import type { Transaction } from '../ports/unit-of-work.ts';
import { findingsTopic, invalidate } from '../work/topics.ts';
import { judgedAs, noteResolved, opened, verdictNow } from './judge.ts';

/** One person has only a few accounts at one app. */
const MANY = { offset: 0, limit: 100 };

/** The removal of this access was withdrawn. What was left to it is judged again now, so that admins can decide it. */
export async function judgeAfterWithdrawal(
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
): Promise<void> {
  const left = { states: ['removing'], personId, integrationId } as const;
  const { findings } = await tx.findings.list(left, MANY);
  for (const finding of findings) {
    const { accountId } = finding;
    const account = accountId === undefined ? undefined : await tx.listedAccounts.find(accountId);
    const verdict = account ? await verdictNow(tx, { ...account, personId }) : 'fine';
    const judged = await tx.findings.save(judgedAs(finding, verdict));
    if (judged.state === 'open') await opened(tx, judged);
    if (judged.state === 'resolved') await noteResolved(tx, judged);
  }
  if (findings.length > 0) await invalidate(tx, findingsTopic);
}
