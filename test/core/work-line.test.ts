import { beforeEach, expect, test } from 'vitest';
import { WorkLine, type WorkLineOptions } from '../../src/core/work-line.ts';

/** Names of the work that has begun, in order. */
let begun: string[];
/** What happens when somebody has waited for too long. */
let timers: Set<() => void>;

beforeEach(() => {
  begun = [];
  timers = new Set();
});

const lineOf = (options: Omit<WorkLineOptions, 'patience'>) =>
  new WorkLine({
    ...options,
    patience: {
      ms: 5000,
      later(_ms, work) {
        const runOut = () => {
          timers.delete(runOut);
          work();
        };
        timers.add(runOut);
        return () => timers.delete(runOut);
      },
    },
  });

/** Work that ends when it is told to. */
function enter(line: WorkLine, name: string) {
  let end: (why?: Error) => void = () => undefined;
  const done = line.enter(
    () =>
      new Promise<void>((resolve, reject) => {
        begun.push(name);
        end = (why) => (why ? reject(why) : resolve());
      }),
  );
  return { done, end: (why?: Error) => end(why) };
}

/** Lets whoever was told something hear it. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('so much is under way at once, the next ones wait in their order, and beyond that it is turned away', async () => {
  const line = lineOf({ atOnce: 2, waiting: 2 });
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => enter(line, name));
  expect(begun).toEqual(['a', 'b']);
  expect(await e?.done).toBe(false);

  b?.end();
  expect(await b?.done).toBe(true);
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  const f = enter(line, 'f'); // There is a place in the line again.
  expect(await enter(line, 'g').done).toBe(false);

  for (const each of [a, c]) each?.end();
  await settle();
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'f']);
  for (const each of [d, f]) each?.end();
  expect(await Promise.all([d?.done, f.done])).toEqual([true, true]);
});

test('work that fails leaves its place to the next one', async () => {
  const line = lineOf({ atOnce: 1, waiting: 1 });
  const first = enter(line, 'first');
  const second = enter(line, 'second');
  first.end(new Error('broken'));
  await expect(first.done).rejects.toThrow('broken');
  await settle();
  second.end();
  expect(await second.done).toBe(true);
  enter(line, 'third');
  expect(begun).toEqual(['first', 'second', 'third']);
});

test('whoever has waited for too long is turned away, and the place in the line is free', async () => {
  const line = lineOf({ atOnce: 1, waiting: 1 });
  const first = enter(line, 'first');
  const second = enter(line, 'second');
  for (const runOut of timers) runOut();
  expect(await second.done).toBe(false);

  enter(line, 'third');
  first.end();
  await settle();
  expect(begun).toEqual(['first', 'third']);
  expect(timers.size).toBe(0); // Whose turn it is waits no longer.
});

test('less is taken up at once from the next one on, and more at once', async () => {
  const line = lineOf({ atOnce: 2, waiting: 3 });
  const [a, b] = ['a', 'b', 'c', 'd', 'e'].map((name) => enter(line, name));
  line.atOnce = 1;
  a?.end();
  await settle();
  expect(begun).toHaveLength(2);
  b?.end();
  await settle();
  expect(begun).toHaveLength(3);
  line.atOnce = 3;
  await settle();
  expect(begun).toHaveLength(5);
});

test('where more wait than are under way, whoever came last is taken first, until the line is short', async () => {
  const line = lineOf({ atOnce: 1, waiting: 4 });
  const all = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [name, enter(line, name)]),
  );
  for (const name of ['a', 'e', 'd', 'c', 'b']) {
    all[name]?.end();
    await settle();
  }
  expect(begun).toEqual(['a', 'e', 'd', 'c', 'b']);
  expect(await Promise.all(Object.values(all).map(({ done }) => done))).toEqual(
    Array(5).fill(true),
  );
});
