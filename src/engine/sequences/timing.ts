/**
 * When an item of a sequence is due. Words: a *wall time* is the local time in the person's time zone, `09:00`. A *working day*
 * is neither on a weekend nor on a holiday of the workspace's settings.
 */
import { Temporal } from 'temporal-polyfill';
import { addDays, knownZone } from '../../core/days.ts';
import { unreachable } from '../../core/unreachable.ts';

export type Timing =
  /** With the next tick after it is assigned. */
  | { readonly kind: 'at-once' }
  /** Calendar days before the anchor. */
  | { readonly kind: 'before'; readonly days: number; readonly time: string }
  | { readonly kind: 'on'; readonly time: string }
  /** On the Nth working day after the anchor. */
  | { readonly kind: 'after'; readonly workingDays: number; readonly time: string };

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

function workingDayAfter(anchorDay: string, count: number, calendar: Calendar): string {
  if (count < 1) throw new RangeError('The first working day after a day is number 1');
  let day = anchorDay;
  for (let left = count; left > 0; ) {
    day = addDays(day, 1);
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return day;
}

export const isWorkingDay = (day: string, { weekend, holidays }: Calendar): boolean =>
  !weekend.includes(Temporal.PlainDate.from(day).dayOfWeek) && !holidays.includes(day);

/**
 * The instant of a wall time. If clocks go forward over it, it is later by that much (02:30 becomes 03:30). If clocks go back
 * and show it twice, it is the first of the two.
 */
const instantOf = (day: string, time: string, timeZone: string): Date =>
  new Date(
    Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(knownZone(timeZone), {
      disambiguation: 'compatible',
    }).epochMilliseconds,
  );
