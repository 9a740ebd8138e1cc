import { describe, expect, test } from 'vitest';
import { isRateLimited, pauseNamed } from '../../../src/engine/calls/rate-limit.ts';

const now = new Date('2026-11-24T09:00:00.000Z');
const inSeconds = (seconds: number) => String(now.getTime() / 1000 + seconds);
const pauseOf = (status: number, headers: Readonly<Record<string, string>>, text = '') => {
  const answer = { kind: 'answer', status, headers, text } as const;
  return isRateLimited(answer) ? (pauseNamed(answer, now) ?? 'not said') : 'no limit';
};

describe('a rate limit, and when the service may be asked again', () => {
  test.each([
    [429, {}, 'not said'],
    [429, { 'retry-after': '7' }, 7000],
    [429, { 'retry-after': '7', 'x-ratelimit-reset': inSeconds(50) }, 7000],
    [429, { 'x-ratelimit-reset': inSeconds(50) }, 50_000],
    [429, { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': inSeconds(20) }, 20_000],
    // The limit per hour has not been met, so its end says nothing.
    [429, { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': inSeconds(50) }, 'not said'],
    [403, { 'retry-after': '60' }, 60_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inSeconds(-5) }, 0],
    [429, { 'retry-after': '315360000' }, 315_360_000_000],
    [403, { 'x-ratelimit-remaining': '0' }, 'not said'],
    [403, { 'x-ratelimit-remaining': '' }, 'no limit'],
    [403, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': inSeconds(50) }, 'no limit'],
    [401, { 'retry-after': '60' }, 'no limit'],
  ])('%s with %j: %s', (status, headers, pause) => {
    expect(pauseOf(status, headers)).toBe(pause);
  });

  test.each(['-5', '-0', '+5', '5, 5', '120;', 'soon', '5 minutes'])(
    'of %s, which is neither seconds nor a date, is not said',
    (header) => expect(pauseOf(429, { 'retry-after': header })).toBe('not said'),
  );

  test("GitHub's secondary limit is known by its message, and wants a minute where it names no time", () => {
    const text = '{"message":"You have exceeded a secondary rate limit. Please wait."}';
    expect(pauseOf(403, { 'x-ratelimit-remaining': '4999' }, text)).toBe(60_000);
    expect(pauseOf(403, {}, '{"message":"Must have admin rights to Repository."}')).toBe(
      'no limit',
    );
    expect(pauseOf(403, {}, `{"message":"secondary rate limit${' '.repeat(5000)}"}`)).toBe(
      'no limit',
    );
  });
});
