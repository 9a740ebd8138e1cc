/** Dates and times in the reader's language and time zone. */
import { locale } from '../../core/translate.ts';

export interface DateStyle {
  /** IANA name. */
  readonly timeZone: string;
}

/** `24 Nov 2026` */
export const showDate = (date: Date, { timeZone }: DateStyle): string =>
  new Intl.DateTimeFormat(locale(), {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(date);

/** `24 Nov 2026, 14:05` */
export const showTime = (date: Date, style: DateStyle): string =>
  `${showDate(date, style)}, ${new Intl.DateTimeFormat(locale(), { timeZone: style.timeZone, hour: '2-digit', minute: '2-digit' }).format(date)}`;

/** `24 Nov 2026` for an ISO date, in any time zone. */
export const showDay = (isoDate: string): string =>
  showDate(new Date(`${isoDate}T12:00:00Z`), { timeZone: 'UTC' });
