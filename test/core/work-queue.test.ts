import { beforeEach, expect, test } from 'vitest';
import { WorkQueue, type WorkQueueOptions } from '../../src/core/work-queue.ts';

/** Names of the work that has begun, in order. */
let begun: string[];
/** What happens when someone has waited for too long. */
let timers: Set<() => void>;

beforeEach(() => {
  begun = [];
  timers = new Set();
});

const lineOf = (options: WorkQueueOptions) =>
  new WorkQueue({
    ...options,
    timeout: {
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

/** Work that ends when the test says so. */
function enter(line: WorkQueue, name: string, who = name) {
  let end: (why?: Error) => void = () => undefined;
  const done = line.enter(
    who,
    () =>
      new Promise<boolean>((resolve, reject) => {
        begun.push(name);
        end = (why) => (why ? reject(why) : resolve(true));
      }),
    () => false,
  );
  return { done, end: (why?: Error) => end(why) };
}

/** Lets pending callbacks run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('so much is under way at once, and the next ones wait in their order', async () => {
  const line = lineOf({ atOnce: 2, waiting: 2 });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => enter(line, name));
  expect(begun).toEqual(['a', 'b']);

  b?.end();
  expect(await b?.done).toBe(true);
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const each of [a, c]) each?.end();
  await settle();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  d?.end();
  expect(await d?.done).toBe(true);
});

test('where the queue is full, the one that has waited longest is turned away', async () => {
  const line = lineOf({ atOnce: 1, waiting: 2 });
  const [a, b] = ['a', 'b', 'c', 'd'].map((name) => enter(line, name));
  expect(await b?.done).toBe(false);
  expect(timers.size).toBe(2);
  a?.end();
  await settle();
  expect(begun).toEqual(['a', 'd']);
});

test('where nothing may wait it is turned away at once', async () => {
  const line = lineOf({ atOnce: 1, waiting: 0 });
  enter(line, 'a');
  expect(await enter(line, 'b').done).toBe(false);
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

test('one that has waited for too long is turned away, and its place in the queue is free', async () => {
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

test('where more wait than are under way, the last is taken first, until the queue is short', async () => {
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

test('what one person wants is done in their order, however long the queue is', async () => {
  const line = lineOf({ atOnce: 1, waiting: 4 });
  const names = ['a', 'revoke', 'b', 'grant'];
  const all = Object.fromEntries(
    names.map((name) => [name, enter(line, name, name.length > 1 ? 'ann' : name)]),
  );
  for (const name of ['a', 'b', 'revoke', 'grant']) {
    all[name]?.end();
    await settle();
  }
  expect(begun).toEqual(['a', 'b', 'revoke', 'grant']);
});

test('many clicks of one person wait behind one of another, and people take turns', async () => {
  const line = lineOf({ atOnce: 2, waiting: 10 });
  const all = Object.fromEntries(
    ['ann1', 'ann2', 'ann3', 'ann4', 'ann5', 'bob1', 'bob2', 'cem1'].map((name) => [
      name,
      enter(line, name, name.slice(0, 3)),
    ]),
  );
  for (let n = 0; n < 8; n += 1) {
    all[begun[n] ?? '']?.end();
    await settle();
  }
  expect(begun.slice(0, 2)).toEqual(['ann1', 'ann2']);
  expect(begun.slice(2, 4).toSorted()).toEqual(['bob1', 'cem1']);
  expect(begun.slice(4, 6).toSorted()).toEqual(['ann3', 'bob2']);
  expect(begun.slice(6)).toEqual(['ann4', 'ann5']);
});

test('when the queue is full, the person with the most waiting loses what has waited longest', async () => {
  const line = lineOf({ atOnce: 1, waiting: 3 });
  enter(line, 'first');
  const bob = enter(line, 'bob');
  const [ann] = ['ann1', 'ann2'].map((name) => enter(line, name, 'ann'));
  enter(line, 'cem');
  expect(await ann?.done).toBe(false);
  expect(await Promise.race([bob.done, settle().then(() => 'waits')])).toBe('waits');
});

test('what someone did before the queue was idle doesn’t count against them', async () => {
  const line = lineOf({ atOnce: 1, waiting: 3 });
  for (const name of ['ann1', 'ann2']) {
    const { end, done } = enter(line, name, 'ann');
    end();
    await done;
  }
  enter(line, 'first');
  enter(line, 'ann3', 'ann');
  enter(line, 'bob');
  line.atOnce = 2;
  await settle();
  expect(begun.at(-1)).toBe('ann3');
});

test('one at the front of a long queue is turned away in time, and no place is lost', async () => {
  const line = lineOf({ atOnce: 1, waiting: 4 });
  const [a, b, , d] = ['a', 'b', 'c', 'd'].map((name) => enter(line, name));
  const [longest] = timers;
  longest?.();
  expect(await b?.done).toBe(false);
  a?.end();
  await settle();
  d?.end();
  await settle();
  expect(begun).toEqual(['a', 'd', 'c']);
});
