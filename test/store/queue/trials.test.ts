/** Jobs that were at work when a worker died are begun again so that the next death has one to blame. */
import { expect, test } from 'vitest';
import { Trials } from '../../../src/store/queue/trials.ts';

function lab() {
  const pauses: (() => void)[] = [];
  const said: string[] = [];
  const trials = new Trials(() => new Promise<void>((resolve) => pauses.push(resolve)));
  const hold = (name: string) => {
    let end: () => void = () => undefined;
    const work = new Promise<void>((resolve) => {
      end = resolve;
    });
    const held = trials.hold(
      async () => {
        said.push(`${name} begins`);
        await work;
      },
      async () => void said.push(`${name} is acquitted`),
    );
    return { end, held };
  };
  return { hold, said, pauses };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the second begins when the first has ended', async () => {
  const { hold, said } = lab();
  const [a, b] = [hold('a'), hold('b')];
  await settled();
  expect(said).toEqual(['a begins']);
  a.end();
  await a.held;
  await settled();
  expect(said).toEqual(['a begins', 'b begins']);
  b.end();
  await b.held;
});

test('a first one that takes its time is acquitted when the second begins', async () => {
  const { hold, said, pauses } = lab();
  const [a, b, c] = [hold('a'), hold('b'), hold('c')];
  await settled();
  pauses.shift()?.();
  await settled();
  expect(said).toEqual(['a begins', 'a is acquitted', 'b begins']);
  for (const each of [a, b, c]) each.end();
  await Promise.all([a.held, b.held, c.held]);
  expect(said.slice(3)).toEqual(['c begins']);
});

test('one that is alone is never acquitted, and one that fails lets the next one begin', async () => {
  const { said, pauses } = lab();
  const trials = new Trials(() => new Promise<void>((resolve) => pauses.push(resolve)));
  const failing = trials.hold(
    () => Promise.reject(new Error('broken')),
    async () => void said.push('acquitted'),
  );
  await expect(failing).rejects.toThrow('broken');
  await trials.hold(
    async () => void said.push('next'),
    async () => undefined,
  );
  expect([said, pauses]).toEqual([['next'], []]);
});
