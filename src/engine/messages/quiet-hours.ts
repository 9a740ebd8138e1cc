/** Quiet hours: a time of day, as a person's own clock has it, in which sequences send them nothing to their phone or chat. */
import { Temporal } from 'temporal-polyfill';
import { knownZone } from '../../core/days.ts';

/** Both `HH:MM`; over midnight where the end is not after the beginning. */
export interface QuietHours {
  readonly from: string;
  readonly until: string;
}

/** When the quiet hours that somebody is in end; undefined outside of them. @param timeZone an IANA name */
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
  // A time that clocks skip or show twice is what it is for every other alarm: later, and the first.
  const day = here.toPlainDate().add({ days: isBefore ? 0 : 1 });
  const end = day.toZonedDateTime({ timeZone: knownZone(timeZone), plainTime: ends });
  return new Date(end.epochMilliseconds);
}
