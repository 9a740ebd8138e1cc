/** When an item of a sequence happens: the fields of a form, and how they are read. */
import { t } from '../../../core/translate.ts';
import type { Anchor, SequenceItem } from '../../../engine/sequences/sequence.ts';
import type { Timing } from '../../../engine/sequences/timing.ts';
import { anchorWords } from '../../../engine/sequences/timing-words.ts';
import type { FieldErrors, Fields, Option, OrErrors } from '../../view/form.ts';
import { wholeNumber } from '../typed-text.ts';

const USUAL_TIME = '09:00';
/** A year, in days; nobody plans further ahead. */
const MAX_DAYS = 366;

const onAnchor = (): Readonly<Record<Anchor, string>> => ({
  'start-date': t`On the first day`,
  'end-date': t`On the last day`,
  assignment: t`On the day it is assigned`,
});

const kindsFor = (anchor: Anchor): readonly Option<Timing['kind']>[] => [
  { value: 'before', label: t`Days before ${anchorWords()[anchor]}` },
  { value: 'on', label: onAnchor()[anchor] },
  { value: 'after', label: t`On a working day after ${anchorWords()[anchor]}` },
  { value: 'at-once', label: t`Immediately when assigned` },
];

/**
 * @param tasks the tasks of the same sequence that the item may wait for
 * @param item in its current state; undefined for a new one
 */
export function timingFields(
  anchor: Anchor,
  tasks: readonly Option[],
  item?: Pick<SequenceItem, 'timing' | 'waitsForItemId'>,
) {
  const timing = item?.timing;
  const options = kindsFor(anchor).filter(
    ({ value }) => anchor !== 'assignment' || value !== 'before',
  );
  return {
    when: {
      kind: 'choice',
      label: t`When`,
      options,
      initial: timing?.kind ?? 'on',
    },
    days: {
      kind: 'text',
      label: t`How many days`,
      hint: t`Days before it are calendar days. Days after it are working days: 1 is the first.`,
      optional: true,
      initial: countOf(timing) !== undefined ? String(countOf(timing)) : undefined,
    },
    time: {
      kind: 'text',
      label: t`Time of day`,
      hint: t`In the person's time zone, like 09:00 or 16:30.`,
      optional: true,
      initial: timing && timing.kind !== 'at-once' ? timing.time : USUAL_TIME,
    },
    ...(tasks.length > 0 && {
      waitsFor: {
        kind: 'choice',
        label: t`Only after this task`,
        optional: true,
        options: [{ value: '', label: t`Don't wait for a task` }, ...tasks],
        initial: item?.waitsForItemId ?? '',
      },
    }),
  } as const satisfies Fields;
}

function countOf(timing: Timing | undefined): number | undefined {
  if (timing?.kind === 'before') return timing.days;
  return timing?.kind === 'after' ? timing.workingDays : undefined;
}

export interface TimingAnswers {
  readonly when: Timing['kind'];
  readonly days: string | undefined;
  readonly time: string | undefined;
  readonly waitsFor?: string;
}

export type ReadTiming = OrErrors<
  { readonly timing: Timing; readonly waitsForItemId: string | undefined },
  FieldErrors<ReturnType<typeof timingFields>>
>;

export function readTiming({ when, days, time: typed, waitsFor }: TimingAnswers): ReadTiming {
  const waitsForItemId = waitsFor === '' ? undefined : waitsFor;
  if (when === 'at-once') return { ok: true, timing: { kind: when }, waitsForItemId };
  const time = readTime(typed ?? USUAL_TIME);
  const count = when === 'on' ? 1 : wholeNumber(days, { least: 1, most: MAX_DAYS });
  if (time === undefined || count === undefined)
    return {
      ok: false,
      errors: {
        time: time === undefined ? t`A time of day from 00:00 to 23:59, like 09:00.` : undefined,
        days: count === undefined ? t`A whole number from 1 to ${MAX_DAYS}.` : undefined,
      },
    };
  const timing: Timing =
    when === 'before'
      ? { kind: when, days: count, time }
      : when === 'after'
        ? { kind: when, workingDays: count, time }
        : { kind: when, time };
  return { ok: true, timing, waitsForItemId };
}

/** `9:05` is `09:05`. */
function readTime(text: string): string | undefined {
  const [, hours, minutes] = /^\s*(\d{1,2})[:.](\d{2})\s*$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  return Number(hours) < 24 && Number(minutes) < 60
    ? `${hours.padStart(2, '0')}:${minutes}`
    : undefined;
}
