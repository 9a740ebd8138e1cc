import { AsyncResource } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { AsyncVariable } from '../../src/core/async-variable.ts';

const one = new AsyncVariable<string>();
const other = new AsyncVariable<number>();
const both = async () => {
  await Promise.resolve();
  return [one.get(), other.get()];
};

test('a value is there in all that the work awaits, and nowhere else', async () => {
  const work = one.run('a', both);
  expect(await both()).toEqual([undefined, undefined]);
  expect(await work).toEqual(['a', undefined]);
});

test('variables have their own values, and inner work the inner one', async () => {
  const found = await one.run('a', async () => {
    const inner = await other.run(1, () => one.run('b', both));
    return [inner, await both()];
  });
  expect(found).toEqual([
    ['b', 1],
    ['a', undefined],
  ]);
});

test('what is bound to other work has the values of that work', async () => {
  const bound = one.run('a', () => AsyncResource.bind(both));
  expect(await one.run('b', () => other.run(1, bound))).toEqual(['a', undefined]);
});
