import { expect, test } from 'vitest';
import { lengthOf } from '../../src/cli/length.ts';
import { defaultPolicy } from '../../src/engine/settings/settings.ts';

const atMost = (longestHours: number | null) => ({
  settings: { policy: { ...defaultPolicy, longestHours } },
});

test.each([
  { typed: { for: '4h' }, hours: 4 },
  { typed: { for: '10d' }, hours: 240 },
  { typed: { for: '6 hours' }, hours: 6 },
  { typed: { days: '10' }, hours: 240 },
  { typed: {}, hours: undefined },
])('$typed is $hours hours', ({ typed, hours }) => {
  expect(lengthOf(atMost(null), typed)).toBe(hours);
});

test('without an option it is as long as the settings allow', () => {
  expect(lengthOf(atMost(8), {})).toBe(8);
});

test.each([
  { typed: { for: '9h' }, why: '--for has to be a time like 4h or 10d, at most 8 hours' },
  { typed: { for: 'soon' }, why: '--for has to be' },
  { typed: { days: '1' }, why: '--days has to be a whole number, at most 8 hours' },
  { typed: { days: '4h' }, why: '--days has to be' },
  { typed: { for: '4h', days: '1' }, why: 'use --for or --days, not both' },
])('$typed is refused', ({ typed, why }) => {
  expect(() => lengthOf(atMost(8), typed)).toThrow(why);
});
