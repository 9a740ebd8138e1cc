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

test('another name of a conversation counts as it, and goes after ten thousand others that were used since', () => {
  const pace = new SendPace(() => 0);
  const use = (name: string) => pace.isAlso(name, `D-${name}`);
  use('ann');
  use('bo');
  use('ann');
  for (let each = 0; each < 9999; each += 1) use(`p${each}`);
  for (const name of ['D-ann', 'D-bo']) for (let sent = 0; sent < 3; sent += 1) pace.waitFor(name);
  expect(pace.waitFor('ann')).toBe(1000);
  expect(pace.waitFor('bo')).toBe(0);
});
