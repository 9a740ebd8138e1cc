/** When whoever has an access that ends is asked whether they still need it. */

/** Enough to ask for more days, and for someone to approve that. */
const BEFORE_END_MS = 24 * 60 * 60_000;

/**
 * A day before the end, and not before half of its time is over: of an access of one day nobody is asked in its first
 * minute.
 */
export function warningAt(startedAt: Date, endsAt: Date): Date {
  const half = (startedAt.getTime() + endsAt.getTime()) / 2;
  return new Date(Math.max(endsAt.getTime() - BEFORE_END_MS, half));
}
