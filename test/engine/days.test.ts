import { expect, test } from 'vitest';
import { addDays, dayIn, startOfDay } from '../../src/engine/days.ts';

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
