/**
 * Why the last revoke failed, in words for everyone who follows a removal. Addresses and statuses are on the card of that
 * revoke.
 */
import { isWrite } from '../../../core/network/is-write.ts';
import { t } from '../../../core/translate.ts';
import { GONE } from '../../calls/outcome.ts';
import type { ProvisionManifest } from '../../manifest/schema.ts';
import type { Integration } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { plainError } from '../../runs/plain-error.ts';
import type { Run, RunIn } from '../../runs/run.ts';

export async function whyRevokeFailed(
  { runs }: Pick<Transaction, 'runs'>,
  { id, attempt, error }: RunIn<'failed'>,
  { name }: Integration,
): Promise<string> {
  if (error.code === 'unknown-outcome')
    return t`The connection to ${name} broke during the last try, so Latchkey doesn't know whether it worked.`;
  if (error.code !== 'http-status') return t`The last try failed. ${plainError(error, name)}`;
  const steps = await runs.steps(id, attempt);
  return byStatus(steps.find(({ index }) => index === error.step)?.status ?? 0, name);
}

/** Whether the revoke looks, after its writes, whether anyone has the name that the account is known by. */
export const looksForName = ({ revoke }: Pick<ProvisionManifest, 'revoke'>): boolean => {
  const last = revoke.at(-1);
  return last !== undefined && !isWrite(last) && revoke.some(isWrite);
};

/**
 * After its writes, the revoke looked for the one who has the name that the account is known by, and no one has: they have another one by
 * now. What the app says of a name that is no one's proves nothing.
 */
export async function hasLostName(
  { runs }: Pick<Transaction, 'runs'>,
  run: Run,
  manifest: Pick<ProvisionManifest, 'revoke'>,
): Promise<boolean> {
  if (run.state !== 'failed' || run.error.code !== 'http-status') return false;
  if (!looksForName(manifest) || run.error.step !== manifest.revoke.length - 1) return false;
  const steps = await runs.steps(run.id, run.attempt);
  const last = steps.find(({ index }) => index === run.error.step);
  return GONE.includes(last?.status ?? 0);
}

export const sayLostName = ({ name }: Integration): string =>
  t`No one in ${name} has the name any more that Latchkey knows this account by. The person may have changed it there and still have access. Look for them in ${name}, and remove the access there.`;

function byStatus(status: number, name: string): string {
  if (status === 401 || status === 403)
    return t`The last try failed: ${name} doesn't accept Latchkey's credentials, or they don't allow this. An admin needs to check them.`;
  if (status === 429) return t`The last try failed: ${name} is getting too many requests.`;
  if (status >= 500) return t`The last try failed: ${name} had a problem on its side.`;
  return t`The last try failed: ${name} refused to remove the access. Open the last revoke for details.`;
}

/** The manifest has no `revoke`. */
export const noRevoke = ({ name }: Integration): string =>
  t`Latchkey can't revoke access to ${name}. Remove it in ${name} itself.`;
