import { expect, test } from 'vitest';
import { shorten } from '../../src/core/shorten.ts';

test.each([
  ['abcde', 'abcde'],
  ['abcdef', 'abcd…'],
  ['abc def', 'abc…'],
  ['abc🧭', 'abc🧭'],
  ['abc🧭d', 'abc…'], // No half of a character.
  ['ab🧭de', 'ab🧭…'],
])('%s is at most five units: %s', (text, shown) => {
  expect(shorten(text, 5)).toBe(shown);
});
