/** What people write about something: long enough to explain it, and short enough that a card with its buttons stays one message. */
import { t } from '../../core/translate.ts';

/** Of why something is asked for, or denied. */
export const MAX_REASON = 2000;
/** Of one comment; a task has many. */
export const MAX_COMMENT = 500;

/** Of a fact about a person: an email address has at most 254, and a username less. */
export const MAX_FACT = 300;

/** What is wrong with it, beside its field; undefined where nothing is. */
export const tooLong = (text: string, most: number): string | undefined =>
  text.length > most
    ? t`It has ${text.length} characters, and ${most} is the most. Say it in fewer words.`
    : undefined;
