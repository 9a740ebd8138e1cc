/** When an item of a sequence happens, in words. */
import { plural, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Anchor } from './sequence.ts';
import type { Timing } from './timing.ts';

/** The day that a sequence counts from: `the first day`. */
export const anchorWords = (): Readonly<Record<Anchor, string>> => ({
  'start-date': t`the first day`,
  'end-date': t`the last day`,
  assignment: t`the day it is assigned`,
});

/** `3 days before the first day, at 09:00` */
export function timingWords(timing: Timing, anchor: Anchor): string {
  const day = anchorWords()[anchor];
  switch (timing.kind) {
    case 'at-once':
      return t`immediately`;
    case 'before':
      return plural(timing.days, {
        one: t`1 day before ${day}, at ${timing.time}`,
        other: t`${timing.days} days before ${day}, at ${timing.time}`,
      });
    case 'on':
      return onAnchor(anchor, timing.time);
    case 'after':
      return t`on the ${ordinal(timing.workingDays)} working day after ${day}, at ${timing.time}`;
    default:
      return unreachable(timing);
  }
}

function onAnchor(anchor: Anchor, time: string): string {
  return {
    'start-date': () => t`on the first day, at ${time}`,
    'end-date': () => t`on the last day, at ${time}`,
    assignment: () => t`on the day it is assigned, at ${time}`,
  }[anchor]();
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st`. English has the most endings; a language with fewer repeats some. */
function ordinal(count: number): string {
  const ending = ordinals.select(count);
  if (ending === 'one') return t`${count}st`;
  if (ending === 'two') return t`${count}nd`;
  return ending === 'few' ? t`${count}rd` : t`${count}th`;
}
