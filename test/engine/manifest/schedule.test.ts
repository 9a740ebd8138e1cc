import { expect, test } from 'vitest';
import { inLocale } from '../../../src/core/translate.ts';
import { nextTimes, readSchedule, scheduleWords } from '../../../src/engine/manifest/schedule.ts';
import { ok } from '../../support/given/outcomes.ts';

const words = (text: string): string => {
  const read = ok(readSchedule(text));
  return scheduleWords(read.pattern);
};

test('a schedule is said in words, on a clock of 24 hours', () => {
  expect(words('30 18 * * 1-5')).toBe('at 18:30, Monday through Friday');
  expect(words('0 6 * * *')).toBe('at 06:00, every day');
  expect(words('0 * * * *')).toBe('every hour');
  expect(words('* * * * *')).toBe('every minute');
  expect(words('*/5 * * * *')).toBe('every 5 minutes');
  expect(words('30 6 * * 1-5 0')).toBe('at 06:30, Monday through Friday');
});

test('in the language of its reader', () => {
  expect(inLocale('de-AT', () => words('30 6 * * 1-5'))).toBe('um 06:30, Montag bis Freitag');
  expect(inLocale('nl', () => words('0 6 * * *'))).toBe('at 06:00, every day'); // Theirs has no texts.
});

test('the next times are those of the zone, also where its clocks change', () => {
  const after = new Date('2026-03-28T12:00:00Z'); // Stockholm's clocks go forward that night.
  expect(
    nextTimes('0 6 * * *', 'Europe/Stockholm', { after, count: 3 }).map((time) =>
      time.toISOString(),
    ),
  ).toEqual(['2026-03-29T04:00:00.000Z', '2026-03-30T04:00:00.000Z', '2026-03-31T04:00:00.000Z']);
});
