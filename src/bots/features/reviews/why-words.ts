/** What a reviewer needs to know of an access: whether it is there, when it was last used, and why it was granted. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { isUnasked } from '../../../engine/access/accounts.ts';
import { type Hold, isOpen } from '../../../engine/access/hold.ts';
import { type Access, fullName } from '../../../engine/people/directory.ts';
import type { Reader } from '../../live/context.ts';
import { showDate } from '../../view/dates.ts';
import { type HoldStyle, holdStyle, holdsInWords } from '../access/hold-words.ts';
import { actorWords } from '../access/removal-words.ts';
import { someNames } from '../some-names.ts';

/**
 * `has access since 3 Nov 2026 · last checked on 24 Nov 2026`
 * @param isByHand no one but people can look there, so no check and no sign-in is missing
 */
export function knownWords(
  access: Access | undefined,
  { isByHand, lastLogin }: { readonly isByHand: boolean; readonly lastLogin: Date | undefined },
  context: Reader,
): string {
  const login = lastLogin || !isByHand ? lastLoginWords(lastLogin, context) : undefined;
  if (!access) return compact([t`not confirmed`, login]).join(' · ');
  const { state, since, checkedAt } = access;
  const words = {
    has: () => t`has access since ${showDate(since, context)}`,
    none: () => t`no access any more`,
    unknown: () => t`not confirmed`,
  }[state]();
  const checked = isUnasked(access)
    ? t`not checked yet`
    : t`last checked on ${showDate(checkedAt, context)}`;
  return compact([words, !isByHand && checked, login]).join(' · ');
}

/** Many apps don't say: that isn't "never". */
const lastLoginWords = (at: Date | undefined, context: Reader): string =>
  at ? t`last sign-in on ${showDate(at, context)}` : t`last sign-in not known`;

/** `by request, until 12 Dec 2026, approved by Bo Boss; by hand, since 3 Nov 2026, granted by Ada Ace` */
export async function whyWords(
  personId: string,
  integrationId: string,
  context: Reader,
): Promise<string> {
  const holds = (await context.stores.holds.openAt(personId, integrationId)).filter(isOpen);
  if (holds.length === 0) return t`no reason on record`;
  const style = await holdStyle(holds, context);
  return (await Promise.all(holds.map((hold) => holdWords(hold, style, context)))).join('; ');
}

async function holdWords(hold: Hold, style: HoldStyle, { stores }: Reader): Promise<string> {
  const why = holdsInWords([hold], style);
  if (hold.requestId !== undefined) {
    const verdicts = await stores.requests.verdicts(hold.requestId);
    const approved = verdicts.filter(({ verdict }) => verdict === 'approve');
    const names = (await stores.people.findMany(approved.map(({ personId }) => personId))).map(
      fullName,
    );
    return names.length > 0 ? t`${why}, approved by ${someNames(names, APPROVERS)}` : why;
  }
  return hold.source === 'by-hand'
    ? t`${why}, granted by ${await actorWords(hold.givenBy, stores)}`
    : why;
}

/** How many approvers are named. */
const APPROVERS = 2;
