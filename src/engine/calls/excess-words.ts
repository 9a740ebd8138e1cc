/** What people read of an answer that is JSON and exceeds what Latchkey reads of it. */
import {
  type JsonExcess,
  MAX_JSON_DEPTH,
  MAX_JSON_DIGITS,
  MAX_JSON_VALUES,
} from '../../core/json.ts';
import { sayNumber, t } from '../../core/translate.ts';

export function excessWords(exceeds: JsonExcess): string {
  return {
    depth: () =>
      t`The answer is nested more than ${MAX_JSON_DEPTH} levels deep, and Latchkey doesn't read that.`,
    values: () =>
      t`The answer has more than ${sayNumber(MAX_JSON_VALUES)} values, and Latchkey doesn't read that many. Request less at a time.`,
    digits: () =>
      t`The answer has a number of more than ${MAX_JSON_DIGITS} digits, and Latchkey doesn't read that.`,
    size: () => t`The answer has a number beyond 1.8e308, and Latchkey doesn't read that.`,
  }[exceeds]();
}
