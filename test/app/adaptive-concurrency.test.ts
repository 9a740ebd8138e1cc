import { expect, test } from 'vitest';
import { AdaptiveConcurrency, adaptConcurrency } from '../../src/app/adaptive-concurrency.ts';

const options = { fewest: 8, most: 64, lateMs: 100 };

test('a process in time takes up as much as it may', () => {
  expect(new AdaptiveConcurrency(options).judge(100)).toBe(64);
});

test('each time that it is late it takes up a quarter less, and never fewer than the fewest', () => {
  const concurrency = new AdaptiveConcurrency(options);
  expect([101, 101, 101].map((late) => concurrency.judge(late))).toEqual([48, 36, 27]);
  for (let n = 0; n < 10; n += 1) concurrency.judge(5000);
  expect(concurrency.judge(5000)).toBe(8);
});

test('in time again it comes back step by step, and never to more than the most', () => {
  const concurrency = new AdaptiveConcurrency(options);
  for (let n = 0; n < 20; n += 1) concurrency.judge(5000);
  expect([0, 0, 0].map((late) => concurrency.judge(late))).toEqual([11, 15, 18]);
  for (let n = 0; n < 20; n += 1) concurrency.judge(0);
  expect(concurrency.judge(0)).toBe(64);
});

test('a queue takes up less while the timers of its process are late, and is left alone in the end', () => {
  let at = 0;
  let tick = (): void => undefined;
  let ended = false;
  const line = { atOnce: 64 };
  const letGo = adaptConcurrency(line, options, {
    now: () => at,
    every(_ms, work) {
      tick = work;
      return () => {
        ended = true;
      };
    },
  });
  const after = (ms: number): number => {
    at += ms;
    tick();
    return line.atOnce;
  };
  expect([after(100), after(201), after(400), after(100)]).toEqual([64, 48, 36, 39]);
  letGo();
  expect(ended).toBe(true);
});
