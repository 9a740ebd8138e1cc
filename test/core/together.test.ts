import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { together } from '../../src/core/together.ts';

test('gives every result, in its place', async () => {
  expect(await together([Promise.resolve(1), undefined, nextTurn('b')])).toEqual([
    1,
    undefined,
    'b',
  ]);
});

test('fails with the first failure, and only when all have ended', async () => {
  let isEnded = false;
  const slow = async () => {
    await nextTurn();
    isEnded = true;
  };
  const fails = (why: string) => Promise.reject(new Error(why));
  await expect(together([slow(), fails('one'), fails('other')])).rejects.toThrow('one');
  expect(isEnded).toBe(true);
});

test('of several failures the first in the list is thrown, whichever came first', async () => {
  const late = nextTurn().then(() => Promise.reject(new Error('one')));
  await expect(together([late, Promise.reject(new Error('other'))])).rejects.toThrow('one');
});

test('nothing asked has nothing to answer', async () => {
  expect(await together([])).toEqual([]);
});
