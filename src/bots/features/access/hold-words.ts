/** Why someone has access, and until when, in words. */
import { t } from '../../../core/translate.ts';
import {
  endOfHolds,
  type Hold,
  type HoldSource,
  isOfRule,
  isOpen,
} from '../../../engine/access/hold.ts';
import type { AccessIds } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { type EndStyle, isToday, showClock, showDate, showEnd } from '../../view/dates.ts';
import { bundleNames } from '../bundles/bundle-words.ts';
import { ruleReasons } from '../rules/rule-words.ts';

/** How dates look, and the names of what the holds came with, by id. */
export interface HoldStyle extends EndStyle {
  readonly bundles?: ReadonlyMap<string, string> | undefined;
  /** With why someone matches them. */
  readonly rules?: ReadonlyMap<string, string> | undefined;
}

/** Reads the names that `untilWords` and `holdsInWords` need. */
export const holdStyle = async <S extends EndStyle>(
  holds: readonly Hold[],
  style: S & { readonly stores: Pick<Stores, 'bundles' | 'rules'> },
): Promise<S & HoldStyle> => ({
  ...style,
  bundles: await bundleNames(holds, style.stores),
  rules: await ruleReasons(
    style.stores,
    holds.flatMap(({ ruleId }) => ruleId ?? []),
  ),
});

/**
 * `until 12 Dec 2026`, `until today, 18:40`, `no end date`. Where several holds hold it, the others follow:
 * `until 12 Dec 2026; also by hand, until 2 Dec 2026; by request, until 1 Dec 2026`. Where a rule holds it, all holds:
 * `rule Engineering basics, because department is Engineering; by request, until 12 Dec 2026`. Empty without holds.
 */
export function untilWords(holds: readonly Hold[], style: HoldStyle): string {
  const open = holds.filter(isOpen);
  if (open.length === 0) return '';
  // Why they have it matters more than its end: it ends when they no longer match.
  if (open.some(isOfRule)) return open.map((hold) => withEnd(hold, style)).join('; ');
  const [last, ...others] = open.toSorted(laterEndFirst);
  const end = endOfHolds(open);
  const until = end ? t`until ${showEnd(end, style)}` : t`no end date`;
  if (!last || others.length === 0) return until;
  const also = others.map((hold) => withEnd(hold, style)).join('; ');
  return end ? t`${until}; also ${also}` : t`${until} (${sourceWords(last, style)}); also ${also}`;
}

/** `by hand, since 3 Nov 2026; by request, until 12 Dec 2026`, `rule Berlin, because office is Berlin (since 3 Nov 2026)` */
export const holdsInWords = (holds: readonly Hold[], style: HoldStyle): string =>
  holds
    .filter(isOpen)
    .map((hold) => (hold.endsAt ? withEnd(hold, style) : withStart(hold, style)))
    .join('; ');

/** `It expires on 12 Dec 2026.`, `It expires today at 18:40.` Undefined where the access has no end. */
export async function lastsWords(
  { personId, integrationId }: AccessIds,
  { stores, ...style }: EndStyle & { readonly stores: Pick<Stores, 'holds'> },
): Promise<string | undefined> {
  const end = endOfHolds(await stores.holds.openAt(personId, integrationId));
  return end && expiresWords(end, style);
}

export const expiresWords = (end: Date, style: EndStyle): string =>
  isToday(end, style)
    ? t`It expires today at ${showClock(end, style)}.`
    : t`It expires on ${showEnd(end, style)}.`;

/** In brackets after why a rule matches: its field may have had that value for longer. */
function withStart(hold: Hold, style: HoldStyle): string {
  const [source, start] = [sourceWords(hold, style), showDate(hold.startedAt, style)];
  return isOfRule(hold) ? t`${source} (since ${start})` : t`${source}, since ${start}`;
}

const withEnd = (hold: Hold, style: HoldStyle): string =>
  hold.endsAt
    ? t`${sourceWords(hold, style)}, until ${showEnd(hold.endsAt, style)}`
    : sourceWords(hold, style);

/** `by request`, `by request (Engineering basics)`, or `Engineering basics by rule Berlin, because office is Berlin`. */
function sourceWords({ source, bundleId, ruleId }: Hold, { bundles, rules }: HoldStyle): string {
  const rule = ruleId === undefined ? undefined : rules?.get(ruleId);
  const bundle = bundleId === undefined ? undefined : bundles?.get(bundleId);
  if (rule !== undefined) return bundle === undefined ? rule : t`${bundle} by ${rule}`;
  const words = wordsOf(source);
  return bundle === undefined ? words : t`${words} (${bundle})`;
}

function wordsOf(source: HoldSource): string {
  return {
    'by-hand': () => t`by hand`,
    request: () => t`by request`,
    sequence: () => t`by a sequence`,
    kept: () => t`kept`,
    found: () => t`found at the app`,
    rule: () => t`by a rule`,
  }[source]();
}

const laterEndFirst = (a: Hold, b: Hold): number =>
  (b.endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER) -
  (a.endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER);
