import { expect, test } from 'vitest';
import { WorkLine } from '../../src/core/work-line.ts';

/** Work that ends when it is told to. */
function open(line: WorkLine, name: string, begun: string[]) {
  let end: (why?: Error) => void = () => undefined;
  const done = line.enter(
    () =>
      new Promise<string>((resolve, reject) => {
        begun.push(name);
        end = (why) => (why ? reject(why) : resolve(name));
      }),
  );
  return { done, end: (why?: Error) => end(why) };
}

test('so much is under way at once, the next ones wait in their order, and beyond that it is turned away', async () => {
  const line = new WorkLine({ atOnce: 2, waiting: 2 });
  const begun: string[] = [];
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => open(line, name, begun));
  expect(begun).toEqual(['a', 'b']);
  expect(e?.done).toBeUndefined();

  b?.end();
  expect(await b?.done).toBe('b');
  await Promise.resolve();
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(open(line, 'f', begun).done).toBeDefined(); // There is a place in the line again.
  expect(open(line, 'g', begun).done).toBeUndefined();

  for (const each of [a, c]) each?.end();
  await Promise.all([a?.done, c?.done]);
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'f']);
  expect(d?.done).toBeDefined();
});

test('work that fails leaves its place to the next one', async () => {
  const line = new WorkLine({ atOnce: 1, waiting: 1 });
  const begun: string[] = [];
  const first = open(line, 'first', begun);
  const second = open(line, 'second', begun);
  first.end(new Error('broken'));
  await expect(first.done).rejects.toThrow('broken');
  second.end();
  expect(await second.done).toBe('second');
  const third = open(line, 'third', begun);
  expect(begun).toEqual(['first', 'second', 'third']);
  third.end();
  await third.done;
});
