/** The dates of a recurring review. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays } from '../../../src/core/days.ts';
import {
  type Campaign,
  dateAfter,
  dueDate,
  morningOf,
  nextOn,
  type Recurrence,
  recurrences,
} from '../../../src/engine/reviews/campaign.ts';

const aCampaign = (about: Partial<Campaign> = {}): Campaign => ({
  id: 'c',
  version: 1,
  name: 'Quarterly',
  createdById: 'ada',
  createdAt: new Date(0),
  state: 'on',
  every: 'quarter',
  firstOn: '2026-12-01',
  fromOn: about.firstOn ?? '2026-12-01',
  days: 14,
  scope: {},
  reviewers: 'managers',
  reviewerIds: [],
  undecided: 'keep',
  ...about,
});

test('the last day of a month stays the last one, also after a shorter month', () => {
  const monthly = { firstOn: '2027-01-31', every: 'month' } as const;
  const dates = ['2027-01-30'];
  while (dates.length < 6) dates.push(dateAfter(monthly, dates.at(-1) ?? ''));
  expect(dates.slice(1)).toEqual([
    '2027-01-31',
    '2027-02-28',
    '2027-03-31',
    '2027-04-30',
    '2027-05-31',
  ]);
});

test.each([
  ['month', '2027-01-01'],
  ['quarter', '2027-03-01'],
  ['half-year', '2027-06-01'],
  ['year', '2027-12-01'],
] as const)('every %s after the first date is %s', (every, next) => {
  expect(dateAfter({ firstOn: '2026-12-01', every }, '2026-12-01')).toBe(next);
});

test('it starts at nine in the morning, also on the day on which clocks change', () => {
  expect(morningOf('2027-03-28', 'Europe/Berlin').toISOString()).toBe('2027-03-28T07:00:00.000Z');
  expect(morningOf('2027-03-27', 'Europe/Berlin').toISOString()).toBe('2027-03-27T08:00:00.000Z');
});

test('of dates that were missed the last one is due, and the next one is in the future', () => {
  const campaign = aCampaign({ every: 'month', lastOn: '2026-12-01' });
  expect(dueDate(campaign, '2027-04-20')).toBe('2027-04-01');
  const started = { ...campaign, lastOn: '2027-04-01' };
  expect(dueDate(started, '2027-04-20')).toBeUndefined();
  expect(nextOn(started, '2027-04-20')).toBe('2027-05-01');
});

test('dates that passed while it was stopped are skipped', () => {
  const resumed = aCampaign({ every: 'month', fromOn: '2027-04-20' });
  expect(dueDate(resumed, '2027-04-20')).toBeUndefined();
  expect(nextOn(resumed, '2027-04-20')).toBe('2027-05-01');
});

test('a last date in the future, from a clock that was wrong, stops nothing', () => {
  const campaign = aCampaign({ every: 'month', lastOn: '2036-01-01' });
  expect(dueDate(campaign, '2027-01-01')).toBe('2027-01-01');
});

const day = fc.integer({ min: 0, max: 2000 }).map((n) => addDays('2026-01-01', n));
const dates = fc.record({
  firstOn: day,
  every: fc.constantFrom(...(Object.keys(recurrences) as Recurrence[])),
});

test('the date after a day is after it, and no date lies between', () => {
  fc.assert(
    fc.property(dates, day, (of, today) => {
      const next = dateAfter(of, today);
      expect(next > today).toBe(true);
      expect(dateAfter(of, addDays(next, -1))).toBe(next);
      expect(today < of.firstOn || next <= addDays(today, 367)).toBe(true);
    }),
    { numRuns: 200, seed: 24 },
  );
});

test('whatever the clock does, no date starts twice, and at the end none is due', () => {
  fc.assert(
    fc.property(dates, fc.array(day, { minLength: 1, maxLength: 12 }), (of, days) => {
      const started: string[] = [];
      let campaign = aCampaign({ ...of, fromOn: of.firstOn });
      for (const today of days) {
        const due = dueDate(campaign, today);
        if (due === undefined || started.includes(due)) continue; // Claimed.
        started.push(due);
        campaign = { ...campaign, lastOn: due };
        expect(due <= today).toBe(true);
        expect(dueDate(campaign, today)).toBeUndefined();
        expect(nextOn(campaign, today) > today).toBe(true);
      }
      expect(new Set(started).size).toBe(started.length);
    }),
    { numRuns: 200, seed: 24 },
  );
});
