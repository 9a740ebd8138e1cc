/** Dates and times as people read them, in a time zone of theirs and in the workspace's language of dates. */

export interface DateStyle {
  /** IANA name. */
  readonly timeZone: string;
  /** BCP 47: what the workspace's settings say. */
  readonly dateLanguage: string;
}

/** `24 Nov 2026` */
export const showDate = (date: Date, { timeZone, dateLanguage }: DateStyle): string =>
  new Intl.DateTimeFormat(dateLanguage, {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(date);

/** `24 Nov 2026, 14:05` */
export const showTime = (date: Date, style: DateStyle): string =>
  `${showDate(date, style)}, ${new Intl.DateTimeFormat(style.dateLanguage, { timeZone: style.timeZone, hour: '2-digit', minute: '2-digit' }).format(date)}`;

/** An ISO date as `24 Nov 2026`, whatever the time zone. */
export const showDay = (
  isoDate: string,
  { dateLanguage }: Pick<DateStyle, 'dateLanguage'>,
): string => showDate(new Date(`${isoDate}T12:00:00Z`), { timeZone: 'UTC', dateLanguage });
