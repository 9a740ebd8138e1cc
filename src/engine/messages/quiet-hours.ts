/** Quiet hours: a time of day, in the person's time zone, in which sequences send them no text and no chat message. */
import { addDays, dayIn, instantOf } from '../../core/days.ts';

/** Both `HH:MM`. When `until` is not after `from`, they last over midnight. */
export interface QuietHours {
  readonly from: string;
  readonly until: string;
}

/** The end of the current quiet hours, or undefined outside of them. @param timeZone IANA name */
export function quietUntil(
  { from, until }: QuietHours,
  timeZone: string,
  now: Date,
): Date | undefined {
  const today = dayIn(timeZone, now);
  // Instants, since a clock that is turned back shows the end twice.
  for (const day of [addDays(today, -1), today]) {
    const ends = instantOf(until > from ? day : addDays(day, 1), until, timeZone);
    if (instantOf(day, from, timeZone) <= now && now < ends) return ends;
  }
  return undefined;
}
