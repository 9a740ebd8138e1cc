import { afterEach, beforeEach, expect, test } from 'vitest';
import { instantIn } from '../../src/core/day.ts';
import { firstToken } from '../../src/engine/calls/token-answer.ts';
import { readAccount } from '../../src/engine/findings/account-rows.ts';

const zone = process.env['TZ'];
beforeEach(() => {
  process.env['TZ'] = 'Asia/Tokyo';
});
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const noon = Date.UTC(2026, 10, 24, 12);

test.each([
  '2026-11-24T12:00:00',
  '2026-11-24 12:00:00',
  '2026-11-24T12:00',
  '2026-11-24T12:00:00.000000',
  'Tue, 24 Nov 2026 12:00:00',
  'Tue Nov 24 12:00:00 2026',
])('of %s, which names no zone, is in UTC wherever Latchkey runs', (text) => {
  expect(instantIn(text)).toBe(noon);
});

test.each([
  '2026-11-24T12:00:00Z',
  '2026-11-24T14:00:00+02:00',
  '2026-11-24 14:00:00 +0200',
  '2026-11-24 12:00:00 UTC',
  '2026-11-24T07:00:00.5-0500',
  'Tue, 24 Nov 2026 12:00:00 GMT',
])('of %s is in the zone that it names', (text) => {
  expect(Math.floor(instantIn(text) / 1000) * 1000).toBe(noon);
});

test('a token and a last sign-in without a zone are read so', () => {
  expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(-540);
  const at = new Date(noon);
  const token = firstToken('i', { access_token: 'a', expires_at: '2026-11-24T12:00:00' }, at);
  expect(token.expiresAt).toEqual(at);
  const structure = { dataStructure: { id: 'id', last_login: 'at' }, match: undefined, skipIf: [] };
  const read = readAccount(structure, { id: '1', at: '2026-11-24 12:00:00' });
  expect(read).toMatchObject({ account: { lastLogin: at } });
});
