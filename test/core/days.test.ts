import { expect, test } from 'vitest';
import { addDays, dayIn, isTimeZone, knownZone, startOfDay } from '../../src/core/days.ts';

test.each([
  ['2026-11-24', 'UTC', '2026-11-24T00:00:00.000Z'],
  ['2026-11-24', 'Asia/Kolkata', '2026-11-23T18:30:00.000Z'],
  ['2026-11-24', 'America/Los_Angeles', '2026-11-24T08:00:00.000Z'],
  // Clocks go forward and back on these days, at night.
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z'],
  ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
])('%s begins in %s at %s', (day, timeZone, begins) => {
  expect(startOfDay(day, timeZone).toISOString()).toBe(begins);
});

test.each([
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z'],
  ['2026-03-29', 'Atlantic/Azores', '2026-03-29T01:00:00.000Z'],
  ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
])(
  '%s has no midnight in %s, and begins when clocks have gone forward',
  (day, timeZone, begins) => {
    const at = startOfDay(day, timeZone);
    expect(at.toISOString()).toBe(begins);
    expect(dayIn(timeZone, at)).toBe(day);
    expect(dayIn(timeZone, new Date(at.getTime() - 1))).toBe(addDays(day, -1));
  },
);

test('days go on behind the year 9999, and before the year 0', () => {
  const after = addDays('9999-12-31', 1);
  expect(after).toBe('+010000-01-01');
  expect(addDays(after, -1)).toBe('9999-12-31');
  expect(startOfDay(after, 'Asia/Kolkata').getTime()).toBe(Date.UTC(9999, 11, 31, 18, 30));
  expect(addDays('0000-01-01', -1)).toBe('-000001-12-31');
});

test('a zone that this system does not know counts as UTC', () => {
  expect(knownZone('Europe/Berlin')).toBe('Europe/Berlin');
  expect(knownZone('Mars/Base')).toBe('UTC');
  expect(isTimeZone('Mars/Base')).toBe(false);
  const at = new Date('2026-11-24T23:30:00Z');
  expect(dayIn('Mars/Base', at)).toBe('2026-11-24');
  expect(startOfDay('2026-11-24', 'Mars/Base').toISOString()).toBe('2026-11-24T00:00:00.000Z');
});
