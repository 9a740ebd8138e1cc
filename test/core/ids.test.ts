import { expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';

test('ids sort by age, also thousands of one millisecond, and none comes twice', () => {
  const ids = Array.from({ length: 5000 }, newId);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length); // What is random of them.
  expect(ids[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
