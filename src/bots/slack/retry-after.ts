/** What Slack names is a wait of seconds. A proxy in between may name a date, nothing, or years. */
const NAMELESS_SECONDS = 5;
/** A longer wait is not for a chat. */
const LONGEST_SECONDS = 3600;

/** @returns after how many seconds a call that was limited may succeed */
export function secondsIn(retryAfter: string | undefined): number {
  const text = retryAfter?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : /[a-z]/i.test(text)
      ? (Date.parse(text) - Date.now()) / 1000
      : Number.NaN;
  if (Number.isNaN(seconds)) return NAMELESS_SECONDS;
  return Math.ceil(Math.min(Math.max(seconds, 0), LONGEST_SECONDS));
}
