import { expect, test } from 'vitest';
import { dayProblem, isDay } from '../../src/core/day.ts';

test.each(['1900-01-01', '2026-11-24', '2028-02-29', '2199-12-31'])('%s is a day', (text) => {
  expect(isDay(text)).toBe(true);
});

test.each([
  '',
  '2026-02-30',
  '2026-13-01',
  '24.11.2026',
  '2026-11-24T00:00',
  '+010000-01-01',
  'soon',
])('"%s" is no day', (text) => {
  expect(dayProblem(text)).toBe('no-day');
});

test.each(['9999-12-31', '2200-01-01', '1899-12-31', '0001-01-01'])(
  'nothing is planned with %s',
  (text) => {
    expect(dayProblem(text)).toBe('out-of-reach');
  },
);
