/** Calendar days as ISO dates, `2026-11-24`. */
import { Temporal } from 'temporal-polyfill';
import { onceForText } from './once-for.ts';
import { locale } from './translate.ts';

/**
 * The zone if this system knows it, else UTC. A system may no longer know a stored zone, and one such person must not stop the days
 * of everybody else.
 */
export const knownZone = (timeZone: string): string => (isTimeZone(timeZone) ? timeZone : 'UTC');

/** There are some 600. */
const MAX_ZONES = 1000;
/** To make a format takes longer than everything else about a row of an import. */
export const isTimeZone = onceForText(MAX_ZONES, (name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
});

/** The current day in a time zone (an IANA name). */
export function dayIn(timeZone: string, at: Date): string {
  const parts = dayFormatOf(knownZone(timeZone)).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** People of most companies are in fewer zones. */
const MAX_FORMATS = 50;
/** To make a format takes twenty times as long as to use it. */
const dayFormatOf = onceForText(
  MAX_FORMATS,
  (timeZone) =>
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    }),
);

/** @param days may be negative. Works beyond the year 9999, where ISO writes six digits and a sign, so a stored day stays valid. */
export const addDays = (day: string, days: number): string =>
  Temporal.PlainDate.from(day).add({ days }).toString();

/** @param months may be negative. The last day of a month that is too short: a month after 31 January is 28 or 29 February */
export const addMonths = (day: string, months: number): string =>
  Temporal.PlainDate.from(day).add({ months }).toString();

/** 0 is Monday. */
export const dayOfWeek = (day: string): number => Temporal.PlainDate.from(day).dayOfWeek - 1;

/** Whether that day is over in a time zone. */
export const isOver = (day: string, timeZone: string, at: Date): boolean =>
  dayIn(timeZone, at) > day;

/**
 * The instant of a wall time, `09:00`. If clocks go forward over it, it is later by that much (02:30 becomes 03:30). If clocks go
 * back and show it twice, it is the first of the two.
 */
export const instantOf = (day: string, time: string, timeZone: string): Date =>
  new Date(
    Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(knownZone(timeZone), {
      disambiguation: 'compatible',
    }).epochMilliseconds,
  );

/** When a day is over in a time zone. */
export const endOfDay = (day: string, timeZone: string): Date =>
  startOfDay(addDays(day, 1), timeZone);

/** Whether that day is over at the same moment in both time zones. */
export const endTogether = (day: string, [one, other]: readonly [string, string]): boolean =>
  endOfDay(day, one).getTime() === endOfDay(day, other).getTime();

/** The instant at which that day begins in a time zone. It is 01:00 when clocks go forward at midnight. */
export const startOfDay = (day: string, timeZone: string): Date =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(knownZone(timeZone)).epochMilliseconds);

/** Languages of the people of most companies. */
const MAX_LOCALES = 100;

const wordsFormatOf = onceForText(
  MAX_LOCALES,
  (tag) =>
    new Intl.DateTimeFormat(tag, {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
    }),
);

/** `24 Nov 2026` for an ISO date, in the language at hand and in any time zone. */
export const dayWords = (isoDate: string): string =>
  wordsFormatOf(locale()).format(new Date(`${isoDate}T12:00:00Z`));
