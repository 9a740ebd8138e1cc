import { expect, test } from 'vitest';
import { warningAt } from '../../../src/engine/access/warning-time.ts';

const start = new Date('2026-11-24T09:00:00Z');

test.each([
  { length: '4 hours', end: '2026-11-24T13:00:00Z', at: '2026-11-24T12:36:00Z' },
  { length: 'an hour', end: '2026-11-24T10:00:00Z', at: '2026-11-24T09:45:00Z' },
  { length: 'a day', end: '2026-11-25T09:00:00Z', at: '2026-11-25T06:36:00Z' },
  { length: '10 days', end: '2026-12-04T09:00:00Z', at: '2026-12-03T09:00:00Z' },
  { length: '90 days', end: '2027-02-22T09:00:00Z', at: '2027-02-19T09:00:00Z' },
])('of an access of $length the reminder comes at $at', ({ end, at }) => {
  expect(warningAt(start, new Date(end))).toEqual(new Date(at));
});

test('of less than an hour there is none', () => {
  expect(warningAt(start, new Date('2026-11-24T09:59:59Z'))).toBeUndefined();
});
