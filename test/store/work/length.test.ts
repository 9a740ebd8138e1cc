import { expect, test } from 'vitest';
import { readLength, writeLength } from '../../../src/store/work/length.ts';

test.each([1, 4, 24, 36, 240])('%i hours come back as they are, beside whole days', (hours) => {
  const written = writeLength(hours);
  expect(readLength(written)).toBe(hours);
  expect(written.days).toBe(Math.ceil(hours / 24));
});

test('no end date is no number', () => {
  expect(writeLength(undefined)).toEqual({ hours: null, days: null });
  expect(readLength({})).toBeNull();
});

test.each([
  { what: 'wrote', row: { days: 3, hours: null }, hours: 72 },
  { what: 'changed', row: { days: 1, hours: 36 }, hours: 24 },
  { what: 'took away', row: { days: null, hours: 36 }, hours: null },
])('what 0.2.0 $what counts', ({ row, hours }) => {
  expect(readLength(row)).toBe(hours);
});
