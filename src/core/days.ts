/** Calendar days as ISO dates, `2026-11-24`. */
import { Temporal } from 'temporal-polyfill';

/**
 * A zone that this system knows: of one that it has forgotten, as after a change of system, the person's days are those of
 * UTC. It must not keep everybody else's from being counted.
 */
export function knownZone(timeZone: string): string {
  let known = knownZones.get(timeZone);
  if (known === undefined) {
    known = isTimeZone(timeZone) ? timeZone : 'UTC';
    if (knownZones.size < MAX_ZONES) knownZones.set(timeZone, known);
  }
  return known;
}

const knownZones = new Map<string, string>();
/** There are some 600. */
const MAX_ZONES = 1000;

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}

/** The day that it is in a time zone (an IANA name). */
export function dayIn(timeZone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: knownZone(timeZone),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** @param days may be negative. Also around the year 9999, where a day has six digits and a sign: what was kept once stays a day. */
export const addDays = (day: string, days: number): string =>
  Temporal.PlainDate.from(day).add({ days }).toString();

/** Whether that day is over in a time zone. */
export const isOver = (day: string, timeZone: string, at: Date): boolean =>
  dayIn(timeZone, at) > day;

/** The instant at which that day begins in a time zone: where clocks go forward over midnight, at one o'clock. */
export const startOfDay = (day: string, timeZone: string): Date =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(knownZone(timeZone)).epochMilliseconds);
