/**
 * Why the last revoke failed, in words for everyone who follows a removal. Addresses and statuses are on the card of that
 * revoke.
 */
import { t } from '../../../core/translate.ts';
import type { Integration } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { plainError } from '../../runs/plain-error.ts';
import type { RunIn } from '../../runs/run.ts';

export async function whyRevokeFailed(
  { runs }: Pick<Transaction, 'runs'>,
  { id, attempt, error }: RunIn<'failed'>,
  { name }: Integration,
): Promise<string> {
  if (error.code === 'no-answer') return t`The last try failed: Latchkey couldn't reach ${name}.`;
  if (error.code === 'unknown-outcome')
    return t`The connection to ${name} broke during the last try, so Latchkey doesn't know whether it worked.`;
  if (error.code !== 'http-status') return t`The last try failed. ${plainError(error, name)}`;
  const steps = await runs.steps(id, attempt);
  return byStatus(steps.find(({ index }) => index === error.step)?.status ?? 0, name);
}

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
