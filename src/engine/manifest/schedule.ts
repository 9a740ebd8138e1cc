import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { HOUR_MS } from '../../core/hours.ts';
import 'cronstrue/locales/de.js';
import { onceForText } from '../../core/once-for.ts';
import { languageOf, locale } from '../../core/translate.ts';

/** A parsed schedule: five cron fields. */
export type Schedule =
  | { readonly ok: true; readonly pattern: string }
  /** What is wrong, as the end of a sentence that begins with the schedule. */
  | { readonly ok: false; readonly problem: string };

/** Longer than a list of every minute and every hour. */
const MAX_SCHEDULE = 400;
/** A manifest's schedule is read each time that the manifest is checked. */
const MAX_KEPT = 1000;
/** A fixed start, so that the result doesn't change with the day. */
const ANY_MOMENT = new Date('2026-01-01T00:00:00Z');
/** Enough for every minute of an hour and the step into the next hour. */
const TIMES_LOOKED_AT = 100;

/**
 * Reads a schedule: five cron fields, or six, of which the first five count (the format's own example has
 * seconds last, and nothing runs more than once a minute).
 */
export function readSchedule(text: string): Schedule {
  const fields = text.length > MAX_SCHEDULE ? [] : text.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    return { ok: false, problem: 'is not a schedule; give five cron fields, such as "0 * * * *"' };
  }
  const pattern = fields.slice(0, 5).join(' ');
  try {
    if (!everComes(pattern))
      return { ok: false, problem: 'never comes; check its day of month and month' };
  } catch {
    return { ok: false, problem: 'is not a schedule; give five cron fields, such as "0 * * * *"' };
  }
  return { ok: true, pattern };
}

/** @throws where it is no schedule */
const everComes = onceForText(
  MAX_KEPT,
  (pattern) => nextTimes(pattern, 'UTC', { after: ANY_MOMENT, count: 1 }).length > 0,
);

/**
 * The next `count` times after `after`, or fewer when the schedule ends.
 * @param pattern five fields, as `readSchedule` gives them
 * @param timeZone IANA name
 */
export function nextTimes(
  pattern: string,
  timeZone: string,
  { after, count }: { readonly after: Date; readonly count: number },
): readonly Date[] {
  return new Cron(pattern, { timezone: timeZone, mode: '5-part', paused: true }).nextRuns(
    count,
    after,
  );
}

/** The last time up to `now`; undefined when there was none. @param pattern five fields, as `readSchedule` gives them */
export function lastTime(pattern: string, timeZone: string, now: Date): Date | undefined {
  const cron = new Cron(pattern, { timezone: timeZone, mode: '5-part', paused: true });
  return cron.previousRuns(1, new Date(now.getTime() + 1))[0]; // It gives what is before its argument.
}

/** `at 06:30, Monday through Friday`, in the reader's language and the workspace's time zone. @param pattern see `readSchedule` */
export function scheduleWords(pattern: string): string {
  const words = cronstrue.toString(pattern, {
    locale: languageOf(locale()),
    use24HourTimeFormat: true,
    // Otherwise "every minute, every hour, every day".
    verbose: !pattern
      .split(' ')
      .slice(0, 2)
      .some((field) => field.startsWith('*')),
    throwExceptionOnParseError: false,
  });
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** Whether two runs of the schedule are ever less than an hour apart. */
export const firesMoreThanHourly = onceForText(MAX_KEPT, (pattern) => {
  const times = nextTimes(pattern, 'UTC', { after: ANY_MOMENT, count: TIMES_LOOKED_AT });
  return times.some((time, index) => {
    const before = times[index - 1];
    return before !== undefined && time.getTime() - before.getTime() < HOUR_MS;
  });
});
