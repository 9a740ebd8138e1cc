import { expect, test } from 'vitest';
import { SendPace } from '../../../src/bots/live/send-pace.ts';

test('what starts a moment before its time is sent, and does not go to the end of the line', () => {
  let ticks = 0;
  const pace = new SendPace(() => ticks);
  const waits = (count: number): number[] =>
    Array.from({ length: count }, () => pace.waitFor('ann'));
  expect(waits(6)).toEqual([0, 0, 0, 1000, 2000, 3000]);
  ticks = 999;
  expect(waits(1)).toEqual([0]);
  ticks = 1999;
  expect(waits(2)).toEqual([0, 2001]);
});
