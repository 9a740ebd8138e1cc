import { expect, test } from 'vitest';
import { Overtaken } from '../../../src/core/errors/overtaken.ts';

const MINUTE_MS = 60_000;

test('that someone is faster is endless at the third time of the same within ten minutes, and said once in them', () => {
  let now = 0;
  const overtaken = new Overtaken(() => now);
  const saidAt = (minutes: number, what = 'request r1 has changed') => {
    now = minutes * MINUTE_MS;
    return overtaken.isEndless('press', new Error(what));
  };
  expect([0, 1, 2, 3].map((at) => saidAt(at))).toEqual([false, false, true, false]);
  expect([4, 5].map((at) => saidAt(at, 'request r2 has changed'))).toEqual([false, false]);
  expect([10, 11, 12].map((at) => saidAt(at))).toEqual([false, false, true]);
});
