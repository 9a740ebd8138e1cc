/** What every address does before it answers: tokens, scopes, limits, problems. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';

let api: TestApi;
let ada: Person;
beforeEach(async () => {
  api = await testApi();
  ada = await api.chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
});
afterEach(() => api.close());

test('without a token, and with a wrong one, nothing is answered', async () => {
  const without = await api.get('/people');
  expect(without.status).toBe(401);
  expect(without.headers.get('www-authenticate')).toBe('Bearer realm="Latchkey"');
  expect(without.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(without.body).toMatchObject({ type: 'urn:latchkey:problem:unauthenticated', status: 401 });
  const wrong = await api.get('/people', 'lk_wrong');
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect((await api.get('/people', 'x'.repeat(5000))).status).toBe(401);
});

test('a token without the scope is refused', async () => {
  const answer = await api.get('/people', await api.token(ada, ['request']));
  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({ type: 'urn:latchkey:problem:scope-missing' });
});

test('wrong tokens of one address wait, and right ones of it do not', async () => {
  for (let sent = 0; sent < 20; sent += 1) await api.get('/people', 'lk_wrong');
  const limited = await api.get('/people', 'lk_wrong');
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '5']);
  expect((await api.get('/people', await api.token(ada))).status).toBe(200);
  api.ticks += 5000;
  expect((await api.get('/people', 'lk_wrong')).status).toBe(401);
});

test('one token may send so much at once, and another one goes on', async () => {
  const [token, other] = [await api.token(ada), await api.token(ada)];
  for (let sent = 0; sent < 120; sent += 1)
    expect((await api.get(`/people/${ada.id}`, token)).status).toBe(200);
  const limited = await api.get(`/people/${ada.id}`, token);
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
  expect(limited.body.type).toBe('urn:latchkey:problem:too-many');
  expect((await api.get(`/people/${ada.id}`, other)).status).toBe(200);
});

test('a wrong parameter is named', async () => {
  const token = await api.token(ada);
  for (const [query, parameter] of [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['who=all', 'who'],
    ['wo=left', 'wo'],
    ['cursor=%21', 'cursor'],
    [`cursor=${Buffer.from('{}').toString('base64url')}`, 'cursor'],
    ['text=a&text=b', 'text'],
  ]) {
    const answer = await api.get(`/people?${query}`, token);
    expect([answer.status, answer.body.errors?.[0]?.parameter]).toEqual([400, parameter]);
  }
});

test('an address that is not there, or a method that it does not take, is a problem', async () => {
  const token = await api.token(ada);
  const missing = await api.get('/nothing', token);
  expect([missing.status, missing.body.type]).toEqual([404, 'urn:latchkey:problem:not-found']);
  const wrong = await api.send('/people', { method: 'DELETE' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await api.send('/people', { method: 'OPTIONS' })).status).toBe(405);
  expect((await api.get('/people/%E0%A4%A', token)).status).toBe(400);
});

test('no answer is kept by a browser or a proxy, read by another page, or has a cookie', async () => {
  const { headers } = await api.get('/people', await api.token(ada));
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('access-control-allow-origin')).toBeNull();
  expect(headers.get('set-cookie')).toBeNull();
});

test('answers are counted by route', async () => {
  await api.get(`/people/${ada.id}`, await api.token(ada));
  await api.get(`/people/${ada.id}`);
  expect(api.counted).toEqual(['GET /people/{id} 200', 'GET /people/{id} 401']);
});

test('what breaks is told to the log without an id, and to nobody else', async () => {
  const { stores } = api.chat.services;
  stores.people.find = async () => {
    throw new Error('the disk is full');
  };
  const answer = await api.get(`/people/${ada.id}`, await api.token(ada));
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer.body)).not.toContain('disk is full');
  expect(api.errors.map(([, where]) => where)).toEqual(['/api/v1 GET /people/{id}']);
});
