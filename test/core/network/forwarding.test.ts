import { expect, test } from 'vitest';
import { isForwarded } from '../../../src/core/network/forwarding.ts';

test.each([
  'forwarded',
  'via',
  'x-forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-original-forwarded-for',
  'x-original-host',
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
])('a request with %s came through a proxy', (name) => {
  const headers = { host: 'localhost', [name]: '203.0.113.9' };
  expect(isForwarded({ headers, httpVersion: '1.1' })).toBe(true);
});

test('a request of a client here has none of these', () => {
  const headers = { host: 'localhost', accept: '*/*', 'content-type': 'application/json' };
  expect(isForwarded({ headers, httpVersion: '1.1' })).toBe(false);
});
