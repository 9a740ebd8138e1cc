import { expect, test } from 'vitest';
import { pageIn, pageWords } from '../../../src/bots/features/paging.ts';
import { inLocale } from '../../../src/core/say.ts';

test('where a page is that is gone, the last one is meant', () => {
  expect(pageIn(17, 1, 8)).toEqual({ page: 1, pages: 3 });
  expect(pageIn(16, 2, 8)).toEqual({ page: 1, pages: 2 });
  expect(pageIn(0, 4, 8)).toEqual({ page: 0, pages: 1 });
});

test('which page of how many reads as all numbers do', () => {
  const list = { page: 1233, pages: 2000 };
  expect(pageWords(list)).toBe(', page 1,234 of 2,000');
  expect(inLocale('de-DE', () => pageWords(list))).toContain('1.234');
});
