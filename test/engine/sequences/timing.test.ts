import { expect, test } from 'vitest';
import { DueTimes, dueAt, type Timing } from '../../../src/engine/sequences/timing.ts';

const calendar = { weekend: [6, 7], holidays: ['2026-12-25'] };
const assignedAt = new Date('2026-11-24T12:00:00Z');

const due = (timing: Timing, anchorDay: string | undefined, timeZone: string): string | undefined =>
  dueAt(timing, { anchorDay, timeZone, assignedAt }, calendar)?.toISOString();

test('at once is when it was assigned, whatever the day', () => {
  expect(due({ kind: 'at-once' }, undefined, 'UTC')).toBe('2026-11-24T12:00:00.000Z');
});

test('without a day to count from nothing is due', () => {
  expect(due({ kind: 'on', time: '09:00' }, undefined, 'UTC')).toBeUndefined();
});

test.each([
  ['Asia/Kolkata', '2026-11-30T03:30:00.000Z'],
  ['America/Los_Angeles', '2026-11-30T17:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-11-29T19:00:00.000Z'],
])('the time is that of a wall in %s', (timeZone, expected) => {
  expect(due({ kind: 'on', time: '09:00' }, '2026-11-30', timeZone)).toBe(expected);
});

test('days before are calendar days', () => {
  expect(due({ kind: 'before', days: 3, time: '09:00' }, '2026-12-01', 'UTC')).toBe(
    '2026-11-28T09:00:00.000Z', // A Saturday.
  );
});

test.each([
  [1, '2026-12-24T09:00:00.000Z'],
  [2, '2026-12-28T09:00:00.000Z'], // After Christmas Day and the weekend.
  [3, '2026-12-29T09:00:00.000Z'],
])('working day %i after leaves out weekends and holidays', (workingDays, expected) => {
  expect(due({ kind: 'after', workingDays, time: '09:00' }, '2026-12-23', 'UTC')).toBe(expected);
});

test('the first working day after a Sunday is the Monday', () => {
  expect(due({ kind: 'after', workingDays: 1, time: '09:00' }, '2026-11-29', 'UTC')).toBe(
    '2026-11-30T09:00:00.000Z',
  );
});

test('a weekend is what the workspace says', () => {
  const gulf = { weekend: [5, 6], holidays: [] };
  const timing = { kind: 'after', workingDays: 1, time: '09:00' } as const;
  const counted = { anchorDay: '2026-11-26', timeZone: 'UTC', assignedAt }; // A Thursday.
  expect(dueAt(timing, counted, gulf)).toEqual(new Date('2026-11-29T09:00:00.000Z'));
});

test.each([
  ['Europe/Berlin', '2027-03-28', '2027-03-28T01:30:00.000Z'], // 03:30 summer time.
  ['America/New_York', '2027-03-14', '2027-03-14T07:30:00.000Z'],
  ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T15:30:00.000Z'], // Half an hour only.
])('in %s a time that clocks leave out is as much later as they go forward', (zone, day, at) => {
  const time = zone === 'Australia/Lord_Howe' ? '02:00' : '02:30';
  expect(due({ kind: 'on', time }, day, zone)).toBe(at);
});

test.each([
  ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
  ['America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30:00.000Z'],
])('in %s a time that clocks show twice is the first of the two', (zone, day, time, at) => {
  expect(due({ kind: 'on', time }, day, zone)).toBe(at);
});

test('a day that a place has left out is the day after', () => {
  expect(due({ kind: 'on', time: '09:00' }, '2011-12-30', 'Pacific/Apia')).toBe(
    '2011-12-30T19:00:00.000Z',
  );
});

test('times of many people are those of each, with every calendar', () => {
  const times = new DueTimes();
  const timings: readonly Timing[] = [
    { kind: 'at-once' },
    { kind: 'on', time: '09:00' },
    { kind: 'before', days: 3, time: '09:00' },
    { kind: 'after', workingDays: 2, time: '09:00' },
  ];
  const all = [calendar, { weekend: [5, 6, 7], holidays: [] }, calendar].flatMap((given) =>
    timings.flatMap((timing) =>
      [undefined, '2026-12-23', '2026-12-24', '2026-12-23'].flatMap((anchorDay) =>
        ['UTC', 'Asia/Kolkata'].map((timeZone) => ({ given, timing, anchorDay, timeZone })),
      ),
    ),
  );
  const counted = (each: (typeof all)[number]) => ({ ...each, assignedAt });
  expect(all.map((each) => times.of(each.timing, counted(each), each.given))).toEqual(
    all.map((each) => dueAt(each.timing, counted(each), each.given)),
  );
});
