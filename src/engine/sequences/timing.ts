/**
 * When an item of a sequence is due. Words: a *wall time* is the local time in the person's time zone, `09:00`. A *working day*
 * is neither on a weekend nor on a holiday of the workspace's settings.
 */
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { addDays, instantOf } from '../../core/days.ts';
import type { DeepReadonly } from '../../core/frozen.ts';
import { DAY_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';

export const timingSchema = z.discriminatedUnion('kind', [
  /** With the next tick after it is assigned. */
  z.object({ kind: z.literal('at-once') }),
  /** Calendar days before the anchor. */
  z.object({ kind: z.literal('before'), days: z.number(), time: z.string() }),
  z.object({ kind: z.literal('on'), time: z.string() }),
  /** On the Nth working day after the anchor. */
  z.object({ kind: z.literal('after'), workingDays: z.number(), time: z.string() }),
]);
export type Timing = DeepReadonly<z.output<typeof timingSchema>>;

export interface Calendar {
  /** 1 for Monday to 7 for Sunday; never all seven. */
  readonly weekend: readonly number[];
  /** ISO dates. */
  readonly holidays: readonly string[];
}

/** What a timing needs to know about the person. */
export interface CountedFrom {
  /** ISO date; undefined while it isn't known. */
  readonly anchorDay: string | undefined;
  /** IANA name. */
  readonly timeZone: string;
  readonly assignedAt: Date;
}

/**
 * `dueAt` for many people: most of them share their anchor day and time zone. It remembers each answer until the calendar is
 * another one.
 */
export class DueTimes {
  #calendar = '';
  readonly #known = new Map<string, Date | undefined>();

  of(timing: Timing, counted: CountedFrom, calendar: Calendar): Date | undefined {
    if (timing.kind === 'at-once') return counted.assignedAt;
    const given = JSON.stringify(calendar);
    if (given !== this.#calendar || this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#calendar = given;
    const key = JSON.stringify([timing, counted.anchorDay, counted.timeZone]);
    if (!this.#known.has(key)) this.#known.set(key, dueAt(timing, counted, calendar));
    return this.#known.get(key);
  }
}

/** Items of a year of new hires. */
const MAX_KNOWN = 10_000;

/** @returns undefined while the anchor isn't known */
export function dueAt(timing: Timing, counted: CountedFrom, calendar: Calendar): Date | undefined {
  if (timing.kind === 'at-once') return counted.assignedAt;
  if (counted.anchorDay === undefined) return undefined;
  return instantOf(dayOf(timing, counted.anchorDay, calendar), timing.time, counted.timeZone);
}

function dayOf(
  timing: Exclude<Timing, { kind: 'at-once' }>,
  anchorDay: string,
  calendar: Calendar,
): string {
  switch (timing.kind) {
    case 'before':
      return addDays(anchorDay, -timing.days);
    case 'on':
      return anchorDay;
    case 'after':
      return workingDayAfter(anchorDay, timing.workingDays, calendar);
    default:
      return unreachable(timing);
  }
}

/** Counts on from the weekday of the anchor: to ask Temporal for each day took a hundred times as long. */
function workingDayAfter(
  anchorDay: string,
  count: number,
  { weekend, holidays }: Calendar,
): string {
  if (count < 1) throw new RangeError('The first working day after a day is number 1');
  const off = new Set(holidays.map((day) => (Date.parse(day) - Date.parse(anchorDay)) / DAY_MS));
  let weekday = Temporal.PlainDate.from(anchorDay).dayOfWeek;
  let days = 0;
  for (let left = count; left > 0; ) {
    days += 1;
    weekday = (weekday % 7) + 1;
    if (!weekend.includes(weekday) && !off.has(days)) left -= 1;
  }
  return addDays(anchorDay, days);
}
