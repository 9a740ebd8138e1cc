/** Calendar days as ISO dates, `2026-11-24`. */
import { Temporal } from 'temporal-polyfill';

const DAY_MS = 24 * 60 * 60_000;

/** The day that it is in a time zone (an IANA name). */
export function dayIn(timeZone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** @param days may be negative */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** Whether that day is over in a time zone. */
export const isOver = (day: string, timeZone: string, at: Date): boolean =>
  dayIn(timeZone, at) > day;

/** The instant at which that day begins in a time zone: where clocks go forward over midnight, at one o'clock. */
export const startOfDay = (day: string, timeZone: string): Date =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
