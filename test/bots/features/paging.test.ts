import { expect, test } from 'vitest';
import { onPage, pageIn, readPage, withPage } from '../../../src/bots/features/paging.ts';
import { inLocale } from '../../../src/core/translate.ts';
import type { Page } from '../../../src/engine/ports/store.ts';

test('where a page is that is gone, the last one is meant', () => {
  expect(pageIn(17, 1, 8)).toEqual({ page: 1, pages: 3 });
  expect(pageIn(16, 2, 8)).toEqual({ page: 1, pages: 2 });
  expect(pageIn(0, 4, 8)).toEqual({ page: 0, pages: 1 });
  expect(onPage(['a', 'b', 'c'], 7, 2)).toEqual({ items: ['c'], total: 3, page: 1, pages: 2 });
});

test('reads a page once, and the last one where it is gone', async () => {
  const asked: Page[] = [];
  const read = async (at: Page) => {
    asked.push(at);
    return { items: ['last'], total: 9 };
  };
  expect(await readPage(1, read)).toMatchObject({ items: ['last'], page: 1, pages: 2 });
  expect(asked).toEqual([{ offset: 8, limit: 8 }]);
  expect(await readPage(5, read)).toMatchObject({ page: 1, pages: 2 });
  expect(asked.slice(1)).toEqual([
    { offset: 40, limit: 8 },
    { offset: 8, limit: 8 },
  ]);
});

test('which page of how many reads as all numbers do', () => {
  const list = { page: 1233, pages: 2000 };
  expect(withPage('12 people', list)).toBe('12 people, page 1,234 of 2,000');
  expect(inLocale('de-DE', () => withPage('12', list))).toContain('1.234');
  expect(withPage('12 people', { page: 0, pages: 1 })).toBe('12 people');
});
