/** Enough to ask for more days, and for someone to approve that. */
export const WARNING_MS = 24 * 60 * 60_000;

/**
 * When the person is asked whether they still need an access that ends: a day before the end, and not before half of its time
 * is over. Of an access of one day nobody is asked in its first minute.
 */
export function warningAt(startedAt: Date, endsAt: Date): Date {
  const half = (startedAt.getTime() + endsAt.getTime()) / 2;
  return new Date(Math.max(endsAt.getTime() - WARNING_MS, half));
}
