/** Dates and times in the reader's language and time zone. */
import { dayIn, dayWords } from '../../core/days.ts';
import { HOUR_MS } from '../../core/hours.ts';
import { onceForText } from '../../core/once-for.ts';
import { locale, t } from '../../core/translate.ts';

export interface DateStyle {
  /** IANA name. */
  readonly timeZone: string;
}

/** `24 Nov 2026` */
export const showDate = (date: Date, { timeZone }: DateStyle): string =>
  formatsIn(timeZone).date.format(date);

/** `24 Nov 2026, 14:05` */
export const showTime = (date: Date, style: DateStyle): string =>
  `${showDate(date, style)}, ${showClock(date, style)}`;

/** `14:05` */
export const showClock = (date: Date, { timeZone }: DateStyle): string =>
  formatsIn(timeZone).clock.format(date);

/** Languages and zones of the people of most companies. */
const MAX_READERS = 100;

/** To make a format takes far longer than to use it, and a list has one for each row. */
const formatsOf = onceForText(MAX_READERS, (reader) => {
  const [tag = '', timeZone] = reader.split(' ');
  const format = (style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(tag, { timeZone, ...style });
  return {
    date: format({ day: 'numeric', month: 'short', year: 'numeric' }),
    clock: format({ hour: '2-digit', minute: '2-digit' }),
  };
});
const formatsIn = (timeZone: string) => formatsOf(`${locale()} ${timeZone}`);

export interface EndStyle extends DateStyle {
  readonly now: () => Date;
  /** Of words that are read on another day too, such as those of a file: "today" would mean that day. */
  readonly dated?: boolean;
}

export const isToday = (date: Date, { timeZone, now }: EndStyle): boolean =>
  dayIn(timeZone, date) === dayIn(timeZone, now());

/** Nearer ends are shown with their time. */
const NEAR_MS = 48 * HOUR_MS;

/** When something ends: `today, 18:40` (of what is `dated`, with its day), `25 Nov 2026, 02:40` within two days, else `3 Dec 2026`. */
export function showEnd(end: Date, style: EndStyle): string {
  if (!style.dated && isToday(end, style)) return t`today, ${showClock(end, style)}`;
  const away = Math.abs(end.getTime() - style.now().getTime());
  return away < NEAR_MS ? showTime(end, style) : showDate(end, style);
}

/** `24 Nov 2026` for an ISO date, in any time zone. */
export const showDay = dayWords;
