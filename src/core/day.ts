/** Days that Latchkey can plan with, as ISO dates: `2026-11-24`; and instants as other systems write them. */

/** Some systems write 9999-12-31 for "not known", and a day that is counted from it is no valid date. */
export const MIN_YEAR = 1900;
export const MAX_YEAR = 2199;

/** Why a text is not a day; undefined when it is one. */
export function dayProblem(text: string): 'no-day' | 'out-of-reach' | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return 'no-day';
  const date = new Date(`${text}T00:00:00Z`);
  // JavaScript reads 30 February as a day in March.
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) return 'no-day';
  const year = date.getUTCFullYear();
  return year < MIN_YEAR || year > MAX_YEAR ? 'out-of-reach' : undefined;
}

export const isDay = (text: string): boolean => dayProblem(text) === undefined;

/** A time of day without a zone behind it, also in the middle, as in `Tue Nov 24 10:00:00 2026`. */
const WITHOUT_ZONE = /[T\s,]\d{1,2}:\d{2}[^a-z+-]*$/i;

/**
 * Milliseconds since 1970, or NaN. Without a zone it is UTC, as apps mean it that leave it out; JavaScript takes the machine's.
 * @param text any form that JavaScript reads
 */
export const instantIn = (text: string): number =>
  Date.parse(
    WITHOUT_ZONE.test(text) ? `${text.trim()}${/^\d{4}-/.test(text) ? 'Z' : ' UTC'}` : text,
  );
