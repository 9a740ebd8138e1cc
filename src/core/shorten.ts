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

/** In UTF-16 units. Longer than any real name: a longer one would break every card. */
export const LONGEST_NAME = 200;

/** Control characters, and what turns the direction of the text behind it: the rest of a sentence that names its person. */
const TURNING = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/** A name that its person wrote themselves, in a chat profile: in one line, and no longer than any real one. */
export const plainName = (written: string): string =>
  shorten(written.replaceAll(TURNING, ' ').replaceAll(/\s+/g, ' ').trim(), LONGEST_NAME);
