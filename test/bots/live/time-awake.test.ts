import { expect, test } from 'vitest';
import { afterTimeAwake } from '../../../src/bots/live/time-awake.ts';

/** The event loop turns. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function limited(ms: number) {
  let due: { readonly ms: number; readonly work: () => void } | undefined;
  let isOver = false;
  const cancel = afterTimeAwake(
    ms,
    (next, work) => {
      due = { ms: next, work };
      return () => {
        due = undefined;
      };
    },
    () => {
      isOver = true;
    },
  );
  return {
    cancel,
    isOver: () => isOver,
    /** The timer that is set now ends. @returns its milliseconds; undefined where none is set */
    tick() {
      const timer = due;
      due = undefined;
      timer?.work();
      return timer?.ms;
    },
  };
}

test('each timer counts for its own time, however late it comes', async () => {
  const limit = limited(250);
  expect([limit.tick(), limit.tick()]).toEqual([100, 100]);
  await turn();
  expect(limit.isOver()).toBe(false);
  expect([limit.tick(), limit.tick()]).toEqual([50, undefined]);
  await turn();
  expect(limit.isOver()).toBe(true);
});

test('what arrives with the last timer is heard first', async () => {
  const limit = limited(100);
  limit.tick();
  expect(limit.isOver()).toBe(false);
  limit.cancel();
  await turn();
  expect(limit.isOver()).toBe(false);
});

test('one that was cancelled sets no timer any more', () => {
  const limit = limited(250);
  limit.tick();
  limit.cancel();
  expect(limit.tick()).toBeUndefined();
});
