/** Minutes after a grant, an app may not find yet what it has just been given. */
import { inLocale, languages, t } from '../../core/translate.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type Account, type AccountAnswer, FOUND_AFTER_MS } from './account.ts';

export const justGranted = (): string =>
  t`It was just granted, and the app may not find it yet. Latchkey checks again in a few minutes.`;

/** Whether the app shows no one, minutes after a grant. @param reason in whatever language it was stored */
export const isJustGranted = ({ reason }: Pick<AccountAnswer, 'reason'>): boolean =>
  languages.some((language) => inLocale(language, justGranted) === reason);

/** When the app finds at the latest what was granted. Undefined where no grant succeeded, or it was revoked since. */
export async function foundBy(
  { runs }: Pick<Transaction, 'runs'>,
  { runId, writtenAt, revokedAt }: Account,
): Promise<Date | undefined> {
  if (runId === undefined || !writtenAt || (revokedAt && revokedAt >= writtenAt)) return undefined;
  return (await runs.find(runId))?.state === 'succeeded'
    ? new Date(writtenAt.getTime() + FOUND_AFTER_MS)
    : undefined;
}
