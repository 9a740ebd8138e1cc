/** Lengths of time: units in milliseconds, and how long access lasts, in whole hours. A day is 24 of them, also when clocks change. */
import { plural, t } from './translate.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const HOURS_A_DAY = 24;
/** A limit of more than a year limits nothing. */
export const MAX_HOURS = 366 * HOURS_A_DAY;

/** What most people need: 4 hours, a day, a week, 30 days. */
export const presetHours: readonly number[] = [4, 24, 7 * 24, 30 * 24];

/** The presets and these, each once, the shortest first. @param more null: no limit */
export const presetsAnd = (...more: readonly (number | null)[]): readonly number[] =>
  [...new Set([...presetHours, ...more])]
    .filter((hours) => hours !== null)
    .toSorted((a, b) => a - b);

export const addHours = (from: Date, hours: number): Date =>
  new Date(from.getTime() + hours * HOUR_MS);

/**
 * Where hours are stored: SQLite would keep parts of one, and PostgreSQL refuses them.
 * @throws {RangeError} they aren't whole, or fewer than one
 */
export function checkHours(hours: number | undefined): void {
  if (hours !== undefined && !(Number.isInteger(hours) && hours > 0))
    throw new RangeError(`${hours} hours are not whole`);
}

/** `4 hours`, `10 days`; whole days as days. */
export function hoursWords(hours: number): string {
  const days = hours / HOURS_A_DAY;
  return Number.isInteger(days)
    ? plural(days, { one: t`1 day`, other: t`${days} days` })
    : plural(hours, { one: t`1 hour`, other: t`${hours} hours` });
}

/** A longer one is a mistake of the app that names it. */
const MAX_DURATION_DAYS = 30;

/** How long something takes or waits, in the largest unit of which it has at least two: `90 seconds`, `12 hours`. */
export function durationWords(ms: number): string {
  const inUnit = (unit: number): number => Math.round(ms / unit);
  if (ms > MAX_DURATION_DAYS * DAY_MS) return t`more than ${MAX_DURATION_DAYS} days`;
  if (ms >= 2 * DAY_MS) return t`${inUnit(DAY_MS)} days`;
  if (ms >= 2 * HOUR_MS) return t`${inUnit(HOUR_MS)} hours`;
  if (ms >= 2 * MINUTE_MS) return t`${inUnit(MINUTE_MS)} minutes`;
  const seconds = Math.max(1, inUnit(1000));
  return plural(seconds, { one: t`1 second`, other: t`${seconds} seconds` });
}

/** The same to read only, and round: `about 5 days`, so that no one has to divide 111 by 24. */
export function lengthWords(hours: number): string {
  if (hours % HOURS_A_DAY === 0 || hours < 2 * HOURS_A_DAY) return hoursWords(hours);
  return t`about ${Math.round(hours / HOURS_A_DAY)} days`;
}

/** English and German, whatever the language of the form: people type what they are used to. */
const units: readonly { readonly words: RegExp; readonly hours: number }[] = [
  { words: /^(h|hrs?|hours?|std\.?|stunden?)$/, hours: 1 },
  { words: /^(|d|days?|t|tagen?|tage?)$/, hours: HOURS_A_DAY },
  { words: /^(w|weeks?|wochen?)$/, hours: 7 * HOURS_A_DAY },
];
/** No length that is understood is longer. */
const MAX_TYPED = 20;

/** `6 hours`, `4h`, `10 days`, `2 Wochen`; a number alone is days. @returns undefined where it is none of these, or zero */
export function parseHours(typed: string): number | undefined {
  const text = typed.trim().toLowerCase();
  const found = text.length > MAX_TYPED ? null : /^(\d{1,4}) ?([a-z.]*)$/.exec(text);
  const unit = found && units.find(({ words }) => words.test(found[2] ?? ''));
  const hours = unit ? Number(found[1]) * unit.hours : 0;
  return hours > 0 ? hours : undefined;
}
