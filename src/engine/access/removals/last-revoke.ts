/** What the last revoke of a removal says: whether it was in vain, and whether another one would be. */
import { t } from '../../../core/translate.ts';
import type { ProvisionManifest } from '../../manifest/schema.ts';
import type { Integration } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Run } from '../../runs/run.ts';
import type { Account } from '../account.ts';
import { isHealthy } from '../health.ts';
import { foundBy } from '../just-granted.ts';
import type { RemovalContext } from './accounts-to-remove.ts';
import { hasLostName, whyRevokeFailed } from './failed-revoke.ts';
import type { OpenRemoval } from './removal.ts';

/** The last revoke found no one, so soon after the grant that this says nothing. @returns when the app finds what was granted */
export async function lookedUpTooEarly(
  tx: Transaction,
  { runId }: OpenRemoval,
): Promise<Date | undefined> {
  const run = runId === undefined ? undefined : await tx.runs.find(runId);
  if (run?.state !== 'succeeded' || !run.foundGone || run.accountId === undefined) return undefined;
  const account = await tx.accounts.find(run.accountId);
  const foundAt = account && (await foundBy(tx, account));
  return foundAt && foundAt > tx.now ? foundAt : undefined;
}

/** Undefined where the manifest has changed since: a new one is tried from the beginning. */
export async function lastRevokeOf(
  { runs }: Pick<Transaction, 'runs'>,
  { removal: { runId }, integration }: RemovalContext,
): Promise<Run | undefined> {
  const run = runId === undefined ? undefined : await runs.find(runId);
  return run?.manifestVersionId === integration.manifestVersionId ? run : undefined;
}

const accountOf = async (
  { accounts }: Pick<Transaction, 'accounts'>,
  { accountId }: Run,
): Promise<Account | undefined> => (accountId === undefined ? undefined : accounts.find(accountId));

/** The account whose name no one has any more. */
export async function idOfLostName(
  tx: Transaction,
  last: Run,
  manifest: ProvisionManifest,
): Promise<string | undefined> {
  const account = await accountOf(tx, last);
  return account?.wasThere && (await hasLostName(tx, last, manifest)) ? account.id : undefined;
}

/** The last revoke proved nothing, and another one with the same token would prove no more. */
export async function wouldProveNothing(
  tx: Transaction,
  last: Run,
  { integration, now }: RemovalContext,
): Promise<boolean> {
  if (last.state !== 'succeeded' || last.foundGone) return false;
  const account = await accountOf(tx, last);
  return account?.revokedAt === undefined && !(await isHealthy(tx, integration.id, now));
}

/** Why the last revoke failed or proved nothing. */
interface InVain {
  readonly why: string;
  /** Latchkey can't do it: a person has to. */
  readonly isByHand: boolean;
}

export async function triedInVain(
  tx: Transaction,
  { state, runId }: OpenRemoval,
  integration: Integration,
): Promise<InVain | undefined> {
  const run = state === 'revoking' && runId !== undefined ? await tx.runs.find(runId) : undefined;
  const account = run?.accountId === undefined ? undefined : await tx.accounts.find(run.accountId);
  // It found nobody to revoke, so that another check is enough.
  if (run?.state === 'failed' && account?.revokedAt && account.revokedAt >= run.finishedAt)
    return undefined;
  if (run?.state === 'failed') {
    const { code, message } = run.error;
    const isByHand = code === 'fact-missing' || code === 'answers-missing';
    const why = isByHand ? message : await whyRevokeFailed(tx, run, integration);
    return { why, isByHand };
  }
  if (run?.state === 'succeeded' && !run.foundGone && account && !account.revokedAt)
    return { why: notProven(integration), isByHand: true };
  // With proof, the account would be closed by now.
  return run?.state === 'succeeded' && run.foundGone
    ? { why: unproven(), isByHand: false }
    : undefined;
}

const notProven = ({ name }: Integration): string =>
  t`The revoke ended without proof, and Latchkey can't check ${name}. Check there yourself, and press Done when the access is gone.`;

export const unproven = (): string =>
  t`The app reports no such account. That isn't proof yet: no other request there has worked for a day, so Latchkey may have lost its rights there.`;
