/** Quiet hours: a time of day, in the person's time zone, in which sequences send them no text and no chat message. */
import { Temporal } from 'temporal-polyfill';
import { knownZone } from '../../core/days.ts';

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
  const here = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(
    knownZone(timeZone),
  );
  const time = here.toPlainTime();
  const [begins, ends] = [Temporal.PlainTime.from(from), Temporal.PlainTime.from(until)];
  const isAfter = Temporal.PlainTime.compare(time, begins) >= 0;
  const isBefore = Temporal.PlainTime.compare(time, ends) < 0;
  const overMidnight = Temporal.PlainTime.compare(begins, ends) >= 0;
  if (overMidnight ? !isAfter && !isBefore : !(isAfter && isBefore)) return undefined;
  // When clocks change, Temporal moves a skipped time later, and takes the first of two equal times.
  const day = here.toPlainDate().add({ days: isBefore ? 0 : 1 });
  const end = day.toZonedDateTime({ timeZone: knownZone(timeZone), plainTime: ends });
  return new Date(end.epochMilliseconds);
}
