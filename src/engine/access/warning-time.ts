import { DAY_MS, HOUR_MS } from '../../core/hours.ts';

/** Enough time to request more and to get an approval: a part of the access's length, within bounds. */
export const WARNING_PART = 10;
export const MIN_WARNING_MS = HOUR_MS / 4;
export const MAX_WARNING_MS = 3 * DAY_MS;
/** Shorter access has no reminder. */
export const MIN_WARNED_MS = HOUR_MS;

/**
 * When the person is reminded that access ends: a tenth of its length before its end, but at least 15 minutes and at most
 * 3 days. Undefined where it is too short for a reminder.
 */
export function warningAt(startedAt: Date, endsAt: Date): Date | undefined {
  const length = endsAt.getTime() - startedAt.getTime();
  if (length < MIN_WARNED_MS) return undefined;
  const before = Math.min(Math.max(length / WARNING_PART, MIN_WARNING_MS), MAX_WARNING_MS);
  return new Date(endsAt.getTime() - Math.floor(before));
}
