/** Days that Latchkey plans with, as ISO dates: `2026-11-24`. */

/** Systems write 9999-12-31 for "not known": what is counted from such a day has no date any more. */
export const MIN_YEAR = 1900;
export const MAX_YEAR = 2199;

/** What keeps a text from being a day; undefined where it is one. */
export function dayProblem(text: string): 'no-day' | 'out-of-reach' | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return 'no-day';
  const date = new Date(`${text}T00:00:00Z`);
  // 30 February moves on to March.
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) return 'no-day';
  const year = date.getUTCFullYear();
  return year < MIN_YEAR || year > MAX_YEAR ? 'out-of-reach' : undefined;
}

export const isDay = (text: string): boolean => dayProblem(text) === undefined;
