/**
 * The text in at most `max` UTF-16 units. A cut ends in "…" and is never within a character of two units, which databases, Slack
 * and JSON refuse.
 */
export const shorten = (text: string, max: number): string =>
  text.length <= max
    ? text
    : `${text
        .slice(0, max - 1)
        .replace(/[\uD800-\uDBFF]$/, '')
        .trimEnd()}…`;
