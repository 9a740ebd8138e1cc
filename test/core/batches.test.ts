import { expect, test } from 'vitest';
import { Batches } from '../../src/core/batches.ts';

/** Doubles numbers; each batch ends when the test says so. */
function doubling(max = 100) {
  const begun: { readonly items: readonly number[]; end: (why?: Error) => void }[] = [];
  const batches = new Batches<number, number>({
    max,
    work: (items) =>
      new Promise((resolve, reject) => {
        const end = (why?: Error) => (why ? reject(why) : resolve(items.map((item) => 2 * item)));
        begun.push({ items, end });
      }),
  });
  return { batches, begun };
}
/** Lets pending callbacks run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what comes while a batch is under way shares the next one, and each gets its own result', async () => {
  const { batches, begun } = doubling();
  const first = batches.add(1);
  await settle();
  const others = [batches.add(2), batches.add(3)];
  begun[0]?.end();
  expect(await first).toBe(2);
  await settle();
  begun[1]?.end();
  expect(await Promise.all(others)).toEqual([4, 6]);
  expect(begun.map(({ items }) => items)).toEqual([[1], [2, 3]]);
});

test('what comes in one turn shares a batch, up to so many', async () => {
  const { batches, begun } = doubling(2);
  const all = Promise.all([1, 2, 3].map((n) => batches.add(n)));
  await settle();
  begun[0]?.end();
  await settle();
  begun[1]?.end();
  expect(await all).toEqual([2, 4, 6]);
  expect(begun.map(({ items }) => items)).toEqual([[1, 2], [3]]);
});

test('a batch that fails fails for all in it, and for none after it', async () => {
  const { batches, begun } = doubling(1);
  const [first, second] = [batches.add(1), batches.add(2)];
  await settle();
  begun[0]?.end(new Error('no connection'));
  await expect(first).rejects.toThrow('no connection');
  await settle();
  begun[1]?.end();
  expect(await second).toBe(4);
  await batches.done();
});

test('a pause comes before each batch, and what comes in it shares the batch', async () => {
  const pauses: (() => void)[] = [];
  const seen: (readonly number[])[] = [];
  const batches = new Batches<number, void>({
    max: 100,
    pause: () => new Promise<void>((resolve) => void pauses.push(resolve)),
    work: async (items) => {
      seen.push(items);
      return items.map(() => undefined);
    },
  });
  const first = batches.add(1);
  await settle();
  const second = batches.add(2);
  pauses[0]?.();
  await Promise.all([first, second, batches.done()]);
  expect(seen).toEqual([[1, 2]]);
});
