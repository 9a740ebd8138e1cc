/** Phone numbers in the form that SMS providers accept. */
import { t } from '../../core/translate.ts';

/** With punctuation and spaces, as people write them. */
const PUNCTUATION = /[\s().\-/\u2010-\u2015]/g;
/** E.164: a plus, a country code that doesn't begin with 0, fifteen digits at most. */
const INTERNATIONAL = /^\+[1-9]\d{6,14}$/;

/** Reads `+32 (470) 12.34.56` or `0032 470 12 34 56` as `+32470123456`; undefined if it is no international number. */
export function readPhone(text: string): string | undefined {
  const digits = text.trim().replace(PUNCTUATION, '').replace(/^00/, '+');
  return INTERNATIONAL.test(digits) ? digits : undefined;
}

/** Also an internal number of an office. */
const CALLABLE = /^\+?\d{3,20}$/;
const EXTENSION = /(?:ext\.?|x|#) ?\d{1,6}$/i;

/** Whether it is any phone number, even one that can't receive texts. @param text of at most 200 characters */
export const isPhone = (text: string): boolean =>
  CALLABLE.test(text.trim().replace(EXTENSION, '').replace(PUNCTUATION, ''));

/** The cure, at the end of a sentence. */
export const phoneHint = () => t`write it with + and the country code, like +32470123456`;
