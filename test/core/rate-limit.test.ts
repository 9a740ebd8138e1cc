import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { RateLimit } from '../../src/core/rate-limit.ts';

let clock: number;
let limit: RateLimit;
beforeEach(() => {
  clock = 0;
  limit = new RateLimit({ burst: 3, perSecond: 2, now: () => clock });
});
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heldBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const takes = (asker: string, times: number) =>
  Array.from({ length: times }, () => limit.take(asker).ok);

test('a burst is had, then what comes back', () => {
  expect(takes('ann', 4)).toEqual([true, true, true, false]);
  clock += 500;
  expect(takes('ann', 2)).toEqual([true, false]);
  clock += 60_000;
  expect(takes('ann', 4)).toEqual([true, true, true, false]);
});

test('one asker is not held up by another', () => {
  takes('ann', 9);
  expect(takes('bo', 3)).toEqual([true, true, true]);
});

test('a refusal says when to come again, and which is the first of many', () => {
  takes('ann', 3);
  expect(limit.take('ann')).toEqual({ ok: false, afterMs: 500, isFirst: true });
  clock += 100;
  expect(limit.take('ann')).toEqual({ ok: false, afterMs: 400, isFirst: false });
  clock += 400;
  expect(limit.take('ann')).toEqual({ ok: true });
  expect(limit.take('ann')).toMatchObject({ ok: false, isFirst: true });
});

test('a clock that stands still or goes back gives no turn away', () => {
  takes('ann', 3);
  clock -= 10_000;
  expect(limit.take('ann').ok).toBe(false);
});

test('a million askers take the memory of ten thousand', () => {
  for (let n = 0; n < 30_000; n += 1) limit.take(`asker ${n}`);
  expect(limit.size).toBe(10_000);
});

test('what is remembered of an asker does not hold the long text that its name was cut out of', () => {
  const ASKERS = 2000;
  const before = heldBytes();
  for (let n = 0; n < ASKERS; n += 1) limit.take(`${n} ${'a'.repeat(14_000)}`.slice(0, 200));
  expect(limit.size).toBe(ASKERS);
  // The long texts are 28 MB.
  expect(heldBytes() - before).toBeLessThan(8_000_000);
});

test('askers whose long names differ at their ends only are two', () => {
  const long = 'a'.repeat(10_000);
  takes(`${long}1`, 9);
  expect(takes(`${long}2`, 3)).toEqual([true, true, true]);
});

test('in any time nobody has more than the burst and what came back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 200 }), (pauses) => {
      clock = 0;
      const fresh = new RateLimit({ burst: 3, perSecond: 2, now: () => clock });
      let had = 0;
      for (const pause of pauses) {
        clock += pause;
        if (fresh.take('ann').ok) had += 1;
        expect(had).toBeLessThanOrEqual(3 + (clock / 1000) * 2);
      }
    }),
    { numRuns: 50, seed: 29 },
  );
});
