/** Findings, and lists that couldn't be read, in words: for the card and for the pages of the overview. */
import { sayStored } from '../../../core/stored-sentence.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AccountRound } from '../../../engine/findings/account-round.ts';
import type { Finding, FindingKind, Standing } from '../../../engine/findings/finding.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { type DateStyle, showDate, showDay, showTime } from '../../view/dates.ts';

export const kindWords = (): Record<FindingKind, string> => ({
  found: t`Found`,
  'left-behind': t`Left behind`,
  orphan: t`Orphan`,
  missing: t`Missing`,
  unused: t`Unused`,
});

export const standingWords = (): Record<Standing, string> => ({
  open: t`To decide`,
  service: t`Service accounts`,
  ignored: t`Ignored`,
  resolved: t`Resolved`,
});

export function kindSentence(
  { kind, lastLogin, foundAt }: Finding,
  whom: string,
  style: DateStyle,
): string {
  const since = showDate(foundAt, style);
  return {
    found: () => t`${whom} has this account, but it wasn't granted here. Found on ${since}.`,
    'left-behind': () => t`${whom} has left, but still has this account. Found on ${since}.`,
    orphan: () => t`No one in the directory has this account. Found on ${since}.`,
    missing: () =>
      t`${whom} should have access, but the app lists no account of theirs. Found on ${since}.`,
    unused: () =>
      lastLogin
        ? t`${whom} last signed in on ${showDate(lastLogin, style)}.`
        : t`${whom} hasn't signed in for 90 days.`,
  }[kind]();
}

/** Where its account is older than the finding: one that was ignored and is open again, or whose person has left since. */
export function listedSentence(
  { foundAt }: Finding,
  firstSeenAt: Date | undefined,
  style: DateStyle,
): string | undefined {
  if (!firstSeenAt || firstSeenAt >= foundAt) return undefined;
  const day = showDate(firstSeenAt, style);
  return day === showDate(foundAt, style)
    ? undefined
    : t`Latchkey first saw it in the app's list on ${day}.`;
}

export function stateSentence(
  { state, lookAgainOn }: Finding,
  owner: Person | undefined,
): string | undefined {
  switch (state) {
    case 'removing':
      return t`Latchkey is removing it.`;
    case 'service': {
      const until = showDay(lookAgainOn ?? '');
      return owner
        ? t`Service account of ${fullName(owner)}, until ${until}.`
        : t`Service account without an owner, until ${until}.`;
    }
    case 'ignored':
      return t`Ignored.`;
    case 'resolved':
      return t`Resolved.`;
    case 'open':
      return undefined;
    default:
      return unreachable(state);
  }
}

/** Of a finding about an app whose list isn't read any more. */
export const uncheckedSentence = (): string =>
  t`Latchkey doesn't read this app's list any more, so it can't check this.`;

/** Undefined where there is nothing to say of it. */
export function troubleOf(
  round: AccountRound,
  integration: Integration,
  style: DateStyle,
): string | undefined {
  const { list, state, startedAt } = round;
  const why = sayStored(round.why ?? '');
  const app = labelOf(integration);
  if (state === 'failed') return t`⚠ ${app}: the list of accounts wasn't compared. ${why}`;
  if (list === 'cut')
    return t`⚠ ${app}: the list of ${showTime(startedAt, style)} isn't complete, so nothing counts as missing. ${why}`;
  if (state !== 'done') return t`${app}: the list is being read.`;
  return why === '' ? undefined : t`⚠ ${app}: ${why}`;
}
