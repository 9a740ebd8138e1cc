import { expect, test } from 'vitest';
import { durationWords, hoursWords, parseHours } from '../../src/core/hours.ts';
import { inLocale } from '../../src/core/translate.ts';

test.each([
  ['6 hours', 6],
  ['4h', 4],
  ['1 Stunde', 1],
  [' 10 days ', 240],
  ['10d', 240],
  ['3 Tage', 72],
  ['2 Wochen', 336],
  ['1 week', 168],
  ['30', 720],
])('"%s" is %i hours', (typed, hours) => {
  expect(parseHours(typed)).toBe(hours);
});

test.each([
  '',
  '0',
  '0 hours',
  '-4h',
  '1.5 days',
  '4 months',
  'soon',
  'h',
  '99999h',
  '1'.repeat(99),
])('"%s" is no length', (typed) => {
  expect(parseHours(typed)).toBeUndefined();
});

test.each([
  [1, '1 hour', '1 Stunde'],
  [36, '36 hours', '36 Stunden'],
  [24, '1 day', '1 Tag'],
  [240, '10 days', '10 Tage'],
])('%i hours in words', (hours, english, german) => {
  expect(hoursWords(hours)).toBe(english);
  expect(inLocale('de', () => hoursWords(hours))).toBe(german);
  expect(parseHours(german)).toBe(hours);
});

test.each([
  [0, '1 second'],
  [90_000, '90 seconds'],
  [3 * 60_000, '3 minutes'],
  [12 * 3_600_000, '12 hours'],
  [3 * 86_400_000, '3 days'],
  [315_360_000_000, 'more than 30 days'],
])('a duration of %i ms is said as people do', (ms, said) => {
  expect(durationWords(ms)).toBe(said);
});
