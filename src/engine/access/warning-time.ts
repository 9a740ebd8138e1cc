/** Enough time to request more days and to get an approval. */
export const WARNING_MS = 24 * 60 * 60_000;

/**
 * When the person is reminded that access ends: a day before its end date, but not in the first half of its time. So an access
 * of one day has no reminder in its first minute.
 */
export function warningAt(startedAt: Date, endsAt: Date): Date {
  const half = (startedAt.getTime() + endsAt.getTime()) / 2;
  return new Date(Math.max(endsAt.getTime() - WARNING_MS, half));
}
