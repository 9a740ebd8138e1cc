import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSignals } from '../../src/jobs/signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('everyone who waits for a topic hears its next announcement', async () => {
  const signals = createSignals();
  const waiting = Promise.all([
    signals.next('options:1', 60_000),
    signals.next('options:1', 60_000),
  ]);
  signals.announce('options:1');
  expect(await waiting).toEqual([undefined, undefined]);
});

test('an announcement of another topic is not heard', async () => {
  const signals = createSignals();
  const waiting = signals.next('options:1', 60_000);
  signals.announce('options:2');
  expect(vi.getTimerCount()).toBe(1);
  signals.announce('options:1');
  await waiting;
  expect(vi.getTimerCount()).toBe(0);
});

test('a waiter goes on without an announcement after a while', async () => {
  const waiting = createSignals().next('options:1', 250);
  await vi.advanceTimersByTimeAsync(249);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await waiting).toBeUndefined();
});

test('an announcement before anybody waits is lost: who comes later waits', async () => {
  const signals = createSignals();
  signals.announce('options:1');
  const waiting = signals.next('options:1', 250);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(250);
  await waiting;
});

test('nothing is left behind, neither a timer nor a listener, however many have waited', async () => {
  const warn = vi.spyOn(process, 'emitWarning');
  const signals = createSignals();
  const waiting = Array.from({ length: 100 }, () => signals.next('options:1', 60_000));
  signals.announce('options:1');
  await Promise.all(waiting);
  expect(vi.getTimerCount()).toBe(0);
  expect(warn).not.toHaveBeenCalled();
});
