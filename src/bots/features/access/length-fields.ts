/** For how long access is granted: the fields, and their parsed answer. */
import { hoursWords, MAX_HOURS, parseHours, presetHours } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import type { Fields, Option } from '../../view/form.ts';

/**
 * The choice. No manifest field can have these names: they all have a prefix. Forms of 0.2.0 that are still open have a
 * text field of this name, a number of days; and 0.2.0 refuses the values of this one.
 */
export const LENGTH = 'days';
/** Typed in place of the choice. */
export const OTHER = 'otherLength';
const NO_END = 'no-end';

export interface LengthQuestion {
  /** The policy's limit in hours; null where access needs no end date. */
  readonly longest: number | null;
  /** Who is asked before it expires. `you`: the person who fills it in. Left out: not said. */
  readonly whose?: 'you' | 'they';
  /** The hours that the form opens with; null: no end date. The longest time if left out. */
  readonly initial?: number | null;
  readonly label?: string;
  /** What it means to choose no length. */
  readonly noEnd?: string;
}

export function lengthFields(question: LengthQuestion): Fields {
  const { longest, whose, label = t`For how long`, noEnd = t`No end date` } = question;
  const { initial = longest } = question;
  const first = initial === null ? longest : Math.min(initial, longest ?? initial);
  const lengths = new Set([
    ...presetHours,
    ...(longest ? [longest] : []),
    ...(first ? [first] : []),
  ]);
  const offered = [...lengths]
    .filter((hours) => hours <= (longest ?? hours))
    .toSorted((a, b) => a - b);
  const options: Option[] = offered.map((hours) => ({
    label: hours === A_WEEK ? t`1 week` : hoursWords(hours),
    value: valueOf(hours),
  }));
  if (longest === null) options.push({ label: noEnd, value: NO_END });
  const hint = longest !== null && whose && whatFollows()[whose];
  return {
    [LENGTH]: {
      kind: 'choice',
      label,
      ...(hint && { hint }),
      options,
      initial: first === null ? NO_END : valueOf(first),
    },
    [OTHER]: {
      kind: 'text',
      label: t`Or another time`,
      hint: otherHint(longest),
      optional: true,
    },
  };
}

/** With examples that it takes. */
function otherHint(longest: number | null): string {
  if (longest === null) return t`Like 6 hours or 10 days. It takes the place of the choice above.`;
  const most = hoursWords(longest);
  return longest < TEN_DAYS
    ? t`Like ${hoursWords(Math.min(longest, 2))}, at most ${most}. It takes the place of the choice above.`
    : t`Like 6 hours or 10 days, at most ${most}. It takes the place of the choice above.`;
}

const A_WEEK = 7 * 24;
const TEN_DAYS = 10 * 24;
export const valueOf = (hours: number): string => `${hours}h`;

const whatFollows = () => ({
  you: t`Before it expires, Latchkey asks whether you still need it.`,
  they: t`Before it expires, Latchkey asks them whether they still need it.`,
});

export type ReadLength =
  | {
      readonly ok: true;
      /** Undefined for no end date. */
      readonly hours: number | undefined;
    }
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };

/** @param longest the policy's limit of now, in hours */
export function readLength(
  values: Readonly<Record<string, unknown>>,
  longest: number | null,
): ReadLength {
  const { [LENGTH]: chosen, [OTHER]: typed } = values;
  const isTyped = typeof typed === 'string' && typed.trim() !== '';
  if (!isTyped && (chosen === undefined || chosen === NO_END) && longest === null)
    return { ok: true, hours: undefined };
  const text = isTyped ? typed : chosen;
  const hours = typeof text === 'string' ? parseHours(text) : undefined;
  const most = longest ?? MAX_HOURS;
  if (hours !== undefined && hours <= most) return { ok: true, hours };
  const why = t`Enter a time like 6 hours or 10 days, at most ${hoursWords(most)}.`;
  return { ok: false, errors: { [isTyped ? OTHER : LENGTH]: why } };
}
