/** Dates and times as people read them, in a time zone of theirs. */

/** `24 Nov 2026` */
export const showDate = (date: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(date);

/** `24 Nov 2026, 14:05` */
export const showTime = (date: Date, timeZone: string): string =>
  `${showDate(date, timeZone)}, ${new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(date)}`;

/** An ISO date as `24 Nov 2026`, whatever the time zone. */
export const showDay = (isoDate: string): string =>
  showDate(new Date(`${isoDate}T12:00:00Z`), 'UTC');
