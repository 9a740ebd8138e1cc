import { expect, test } from 'vitest';
import { warningAt } from '../../../src/engine/access/warning-time.ts';

const start = new Date('2026-11-24T09:00:00Z');

test('of an access of a week the warning comes a day before its end', () => {
  expect(warningAt(start, new Date('2026-12-01T09:00:00Z'))).toEqual(
    new Date('2026-11-30T09:00:00Z'),
  );
});

test('of an access of a day it comes after half of it, and not in its first minute', () => {
  expect(warningAt(start, new Date('2026-11-25T09:00:00Z'))).toEqual(
    new Date('2026-11-24T21:00:00Z'),
  );
});

test('of one that is a little longer than a day, too', () => {
  expect(warningAt(start, new Date('2026-11-25T11:00:00Z'))).toEqual(
    new Date('2026-11-24T22:00:00Z'),
  );
});

test('of two days both are the same', () => {
  expect(warningAt(start, new Date('2026-11-26T09:00:00Z'))).toEqual(
    new Date('2026-11-25T09:00:00Z'),
  );
});
