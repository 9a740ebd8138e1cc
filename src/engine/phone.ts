/** Phone numbers as providers of texts want them. */
import { say } from '../core/say.ts';

/** With punctuation and spaces, as people write them. */
const PUNCTUATION = /[\s().\-/\u2010-\u2015]/g;
/** E.164: a plus, a country code that doesn't begin with 0, fifteen digits at most. */
const INTERNATIONAL = /^\+[1-9]\d{6,14}$/;

/** `+32470123456` of `+32 (470) 12.34.56` or `0032 470 12 34 56`; undefined for what is no international number. */
export function readPhone(text: string): string | undefined {
  const digits = text.trim().replace(PUNCTUATION, '').replace(/^00/, '+');
  return INTERNATIONAL.test(digits) ? digits : undefined;
}

/** The cure, at the end of a sentence. */
export const PHONE_HINT = () => say`write it with + and the country code, like +32470123456`;
