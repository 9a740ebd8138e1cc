/** Which day a date is that leaves out its year, its month, or which of its numbers is the month. */
import { isDay } from '../../../core/day.ts';
import { addDays, addMonths, dayOfWeek } from '../../../core/days.ts';

/** Days for which a date without a year is a mistake, and not next year's. */
const JUST_OVER = 31;

interface NamedDate {
  /** Two digits are of this century. Undefined: the next day of that date. */
  readonly year: string | undefined;
  readonly month: number;
  readonly date: number;
}

/** Undefined for a date that no year has, or that is over. */
export function dateOf({ year, month, date }: NamedDate, today: string): string | undefined {
  const on = (of: string) => `${of}-${two(month)}-${two(date)}`;
  if (year !== undefined) return valid(on(year.length === 2 ? `20${year}` : year));
  const soon = on(today.slice(0, 4));
  // Who writes yesterday's date hardly means next year's.
  if (soon < today && soon >= addDays(today, -JUST_OVER)) return undefined;
  return valid(soon >= today ? soon : on(String(Number(today.slice(0, 4)) + 1)));
}

const two = (number: number): string => String(number).padStart(2, '0');
const valid = (day: string): string | undefined => (isDay(day) ? day : undefined);

/** `12/25` is a day one way only, `12/12` the same day both ways; `12/6` may be June or December. */
export function eitherWay(
  {
    one,
    other,
    year,
  }: { readonly one: number; readonly other: number; readonly year: string | undefined },
  today: string,
): string | undefined {
  const days = new Set(
    [
      dateOf({ year, month: other, date: one }, today),
      dateOf({ year, month: one, date: other }, today),
    ].filter((day) => day !== undefined),
  );
  const [only, ...others] = days;
  return others.length === 0 ? only : undefined;
}

/** `the 12th`: the next one. Undefined on that day itself, and where the next month has no such day. */
export function dayOfMonth(date: number, today: string): string | undefined {
  const now = Number(today.slice(8));
  if (date === now) return undefined;
  const month = date > now ? today : addMonths(`${today.slice(0, 7)}-01`, 1);
  return valid(`${month.slice(0, 7)}-${two(date)}`);
}

export const endOfMonth = (day: string): string =>
  addDays(addMonths(`${day.slice(0, 7)}-01`, 1), -1);

/** Of the week of that day. Undefined on a weekend, when the week that is over may be meant, or the next. */
export function lastWorkingDay(today: string, weekend: readonly number[]): string | undefined {
  const isOff = (day: string) => weekend.includes(dayOfWeek(day) + 1);
  if (isOff(today)) return undefined;
  let last = today;
  while (weekend.length === 0 ? dayOfWeek(last) < SUNDAY : !isOff(addDays(last, 1)))
    last = addDays(last, 1);
  return last;
}
const SUNDAY = 6;
