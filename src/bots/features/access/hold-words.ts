/** Why someone has access, and until when, in words. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { endOfHolds, type Hold, type HoldSource, isOpen } from '../../../engine/access/hold.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { listed } from '../../../engine/requests/policy-words.ts';
import { type DateStyle, showDate } from '../../view/dates.ts';

/** How dates look, and the names of the bundles that the holds came with (`bundleNames`). */
export interface HoldStyle extends DateStyle {
  readonly bundles?: ReadonlyMap<string, string> | undefined;
}

/** `until 12 Dec 2026`, `No end date`; adds `also by hand` where more than one hold holds it. Empty without holds. */
export function untilWords(holds: readonly Hold[], style: HoldStyle): string {
  const open = holds.filter(isOpen);
  if (open.length === 0) return '';
  const [last, ...others] = open.toSorted(laterEndFirst);
  const end = endOfHolds(open);
  const until = end ? t`until ${showDate(end, style)}` : t`No end date`;
  if (!last || others.length === 0) return until;
  const also = listed(
    others.map((hold) => withEnd(hold, style)),
    'and',
  );
  return end ? t`${until}; also ${also}` : t`${until} (${sourceWords(last, style)}); also ${also}`;
}

/** `by hand since 3 Nov 2026, request until 12 Dec 2026` */
export const holdsInWords = (holds: readonly Hold[], style: HoldStyle): string =>
  holds
    .filter(isOpen)
    .map((hold) =>
      hold.endsAt
        ? withEnd(hold, style)
        : t`${sourceWords(hold, style)} since ${showDate(hold.startedAt, style)}`,
    )
    .join(', ');

/** `It expires on 12 Dec 2026.` Empty where the access has no end. */
export async function lastsWords(
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
  { stores, ...style }: DateStyle & { readonly stores: Pick<Stores, 'holds'> },
): Promise<string | undefined> {
  const end = endOfHolds(await stores.holds.openAt(personId, integrationId));
  return end && t`It expires on ${showDate(end, style)}.`;
}

const withEnd = (hold: Hold, style: HoldStyle): string =>
  hold.endsAt
    ? t`${sourceWords(hold, style)} until ${showDate(hold.endsAt, style)}`
    : sourceWords(hold, style);

/** `request`, or `request (Engineering basics)`. */
function sourceWords({ source, bundleId }: Hold, { bundles }: HoldStyle): string {
  const bundle = bundleId === undefined ? undefined : bundles?.get(bundleId);
  const words = wordsOf(source);
  return bundle === undefined ? words : t`${words} (${bundle})`;
}

function wordsOf(source: HoldSource): string {
  switch (source) {
    case 'by-hand':
      return t`by hand`;
    case 'request':
      return t`request`;
    case 'sequence':
      return t`sequence`;
    case 'kept':
      return t`kept when they came back`;
    case 'found':
      return t`found at the app`;
    default:
      return unreachable(source);
  }
}

const laterEndFirst = (a: Hold, b: Hold): number =>
  (b.endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER) -
  (a.endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER);
