/** The search for leaked secrets finds them: without that, finding none says nothing. */
import { expect, test } from 'vitest';
import { leaks } from '../support/leaks.ts';

const secret = 'p:s+w/"r d?ß';

test.each([
  ['plain', secret],
  ['JSON', JSON.stringify({ password: secret })],
  ['JSON', JSON.stringify({ log: JSON.stringify({ password: secret }) })],
  ['part of a URL', `https://service.example/?key=${encodeURIComponent(secret)}`],
  ['part of a URL', new URLSearchParams({ key: secret }).toString()],
  ['base64', Buffer.from(`user:${secret}`).toString('base64')],
  ['base64', Buffer.from(`a.user:${secret}`).toString('base64url')],
  ['base64', encodeURIComponent(Buffer.from(`an.user:${secret}`).toString('base64'))],
  ['hex', Buffer.from(`user:${secret}`).toString('hex')],
])('a secret is found as %s: %s', (encoding, text) => {
  expect(leaks({ key: secret }, { log: `before ${text} after`, database: 'nothing' })).toContain(
    `key as ${encoding} in log`,
  );
});

test('a secret is found in a file that is read byte by byte', () => {
  const bytes = Buffer.from(`\0\xff${secret}\0`, 'utf8').toString('latin1');
  expect(leaks({ key: secret }, { database: bytes })).toContain('key as plain in database');
});

test('a secret that is found by chance is not looked for', () => {
  expect(() => leaks({ token: 'xoxb-test' }, { log: '' })).toThrow('token is too short');
});

test('nothing is found where there is none', () => {
  expect(leaks({ key: secret }, { log: 'p:s •••KEY•••' })).toEqual([]);
});
