import { expect, test } from 'vitest';
import { eachAlone } from '../../src/core/each-alone.ts';

test('everybody has their turn, one after the other, behind one for whom it fails; the first failure is thrown', async () => {
  const had: string[] = [];
  const all = eachAlone(['a', 'b', 'c', 'd'], async (one) => {
    had.push(`${one}:`);
    await Promise.resolve();
    if (one === 'b' || one === 'c') throw new Error(`of ${one}`);
    had.push(one);
  });
  await expect(all).rejects.toThrow('of b');
  expect(had).toEqual(['a:', 'a', 'b:', 'c:', 'd:', 'd']);
});

test('where it fails for nobody, nothing is thrown', async () => {
  await expect(eachAlone([1, 2], async () => undefined)).resolves.toBeUndefined();
});
