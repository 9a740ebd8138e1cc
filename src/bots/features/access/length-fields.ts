/** For how long access is granted: the fields, and their parsed answer. */
import { z } from 'zod';
import { isDay } from '../../../core/day.ts';
import { addDays, dayIn, startOfDay } from '../../../core/days.ts';
import {
  HOUR_MS,
  hoursWords,
  lengthWords,
  MAX_HOURS,
  parseHours,
  presetsAnd,
} from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import type { Text } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import type { Fields, Option, OrErrors } from '../../view/form.ts';

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
  /** Nothing is chosen beforehand where the policy has no longest time. */
  readonly isOpen?: boolean;
  /** What the choice of these hours is called. Left out: by their number. */
  readonly initialLabel?: string | undefined;
  readonly label?: string;
  /** What it means to choose no length. */
  readonly noEnd?: string;
}

export function lengthFields(question: LengthQuestion): Fields {
  const { longest, whose, isOpen = false, initialLabel } = question;
  const { label = t`For how long`, noEnd = t`No end date` } = question;
  const { initial = longest } = question;
  const first = initial === null ? longest : Math.min(initial, longest ?? initial);
  const offered = presetsAnd(longest, first).filter((hours) => hours <= (longest ?? hours));
  const options: Option[] = offered.map((hours) => ({
    label: labelOf(hours, hours === initial ? initialLabel : undefined),
    value: valueOf(hours),
  }));
  if (longest === null) options.push({ label: noEnd, value: NO_END });
  const chosen = first === null ? NO_END : valueOf(first);
  const hint = longest !== null && whose ? whatFollows()[whose] : undefined;
  return {
    [LENGTH]: {
      kind: 'choice',
      label,
      hint,
      options,
      initial: isOpen && longest === null ? undefined : chosen,
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
  if (longest === null) return t`Like 6 hours or 10 days. It is used instead of the choice above.`;
  const most = hoursWords(longest);
  return longest < TEN_DAYS
    ? t`Like ${hoursWords(Math.min(longest, 2))}, at most ${most}. It is used instead of the choice above.`
    : t`Like 6 hours or 10 days, at most ${most}. It is used instead of the choice above.`;
}

const labelOf = (hours: number, label = hours === A_WEEK ? t`1 week` : hoursWords(hours)): string =>
  label;

const A_WEEK = 7 * 24;
const TEN_DAYS = 10 * 24;
export const valueOf = (hours: number): string => `${hours}h`;

const whatFollows = () => ({
  you: t`Before it expires, Latchkey asks whether you still need it.`,
  they: t`Before it expires, Latchkey asks them whether they still need it.`,
});

/** Undefined hours: no end date. */
export type ReadLength = OrErrors<{ readonly hours: number | undefined }>;

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
  return { ok: false, errors: { [isTyped ? OTHER : LENGTH]: notATime(most) } };
}

/** With examples that it takes. */
const notATime = (most: number): string =>
  most < TEN_DAYS
    ? t`Enter a time like ${hoursWords(Math.min(most, 2))}, at most ${hoursWords(most)}.`
    : t`Enter a time like 6 hours or 10 days, at most ${hoursWords(most)}.`;

/** Until when someone wrote that they need it; in the payload of a form that opens with it. */
export const wishedEnd = z.union([
  /** The last day, an ISO date. */
  z.object({ until: z.string().refine(isDay) }),
  z.object({ hours: z.number().int().min(1).max(MAX_HOURS) }),
  /** Something about the time that could not be read, or can mean several days. */
  z.object({ unclear: z.literal(true) }),
]);
export type WishedEnd = z.infer<typeof wishedEnd>;

/** What a form opens with for a written end, and what is said about it. */
export interface WishedLength {
  readonly length: Pick<LengthQuestion, 'initial' | 'initialLabel' | 'isOpen'>;
  readonly said: readonly Text[];
}

interface WishedAt extends Pick<Turn, 'now' | 'timeZone'> {
  /** The end of what they have, which an extension moves. Left out: the time begins with the grant. */
  readonly endsAt?: Date | undefined;
  /** Nobody has to approve it, so it begins when the form is sent. */
  readonly beginsNow?: boolean;
}

/** @param longest the policy's limit in hours */
export function wishedLength(
  wished: WishedEnd | undefined,
  longest: number | null,
  at: WishedAt,
): WishedLength {
  if (!wished) return { length: {}, said: [] };
  const hours = hoursOf(wished, at);
  if (hours === undefined)
    return {
      // Who wrote an end didn't want access without one.
      length: { initial: null, isOpen: true },
      said: [[t`I can't use the end that you wrote. Choose for how long below.`]],
    };
  if (hours < 1) return { length: {}, said: [[t`It already lasts past the date that you wrote.`]] };
  if (longest !== null && hours > longest)
    return {
      length: {},
      said: [[t`You wrote a longer time. Access lasts at most ${hoursWords(longest)} here.`]],
    };
  if (!('until' in wished)) return { length: { initial: hours }, said: [] };
  const until = showDay(wished.until);
  return {
    length: { initial: hours, initialLabel: t`Until ${until} (${lengthWords(hours)})` },
    said:
      at.endsAt || at.beginsNow
        ? []
        : [[t`The time begins with the grant, so a later approval moves the end.`]],
  };
}

/** To the end of that day for this person; undefined where that is over, or was not clear. Less than one: they have it for longer. */
function hoursOf(wished: WishedEnd, { now, timeZone, endsAt }: WishedAt): number | undefined {
  if ('unclear' in wished) return undefined;
  if ('hours' in wished) return wished.hours;
  if (wished.until < dayIn(timeZone, now())) return undefined;
  const end = startOfDay(addDays(wished.until, 1), timeZone);
  const hours = Math.floor((end.getTime() - (endsAt ?? now()).getTime()) / HOUR_MS);
  if (hours > MAX_HOURS) return undefined;
  return endsAt ? hours : Math.max(1, hours);
}
