import { expect, test } from 'vitest';
import { within } from '../../src/core/within.ts';

const HOUR = 3_600_000;

test('what ends in time gives what it ends with', async () => {
  expect(await within(HOUR, Promise.resolve('done'))).toBe('done');
  await expect(within(HOUR, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

test('what takes longer gives nothing, and may fail later', async () => {
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<string>((_resolve, reject) => {
    fail = reject;
  });
  expect(await within(0, work)).toBeUndefined();
  fail(new Error('too late'));
});
