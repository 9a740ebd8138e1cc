import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type ApiAnswer, type TestApi, testApi } from '../../support/browser/api.ts';

let api: TestApi;
let ada: Person;
let mia: Person;
let ann: Person;
let zoe: Person;
beforeEach(async () => {
  api = await testApi();
  ada = await api.chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  mia = await api.chat.person({ email: 'mia@example.com', firstName: 'Mia' });
  ann = await api.chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    managerEmail: mia.email,
  });
  await api.chat.services.transact((tx) => tx.people.save({ ...ann, endDate: '2026-12-24' }));
  zoe = await api.chat.person({ email: 'zoe@example.com', firstName: 'Zoe' });
});
afterEach(() => api.close());

const emailsOf = ({ body }: ApiAnswer) => body.items.map(({ email }) => email);

test('pages lead from one to the next, and someone who comes meanwhile moves nobody', async () => {
  const token = await api.token(ada);
  const first = await api.get('/people?limit=3', token);
  expect(first.status).toBe(200);
  expect(emailsOf(first)).toEqual(['ada@example.com', 'mia@example.com', 'ann@example.com']);
  await api.chat.person({ email: 'aaron@example.com', firstName: 'Aaron' });
  const [, following = ''] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
  expect(following).toBe(`${api.url}/people?limit=3&cursor=${first.body.next}`);
  const second = await api.get(following, token);
  expect(emailsOf(second)).toEqual(['zoe@example.com', 'aaron@example.com']);
  expect([second.body.next, second.headers.get('link')]).toEqual([undefined, null]);
});

test('admins see everyone, a manager their reports, others themselves', async () => {
  expect(emailsOf(await api.get('/people', await api.token(mia)))).toEqual([
    'mia@example.com',
    'ann@example.com',
  ]);
  expect(emailsOf(await api.get('/people', await api.token(zoe)))).toEqual(['zoe@example.com']);
  expect(emailsOf(await api.get('/people?text=ann', await api.token(ada)))).toEqual([
    'ann@example.com',
  ]);
});

test('one person has what the directory knows of them', async () => {
  const answer = await api.get(`/people/${ann.id}`, await api.token(mia));
  expect(answer.body).toEqual({
    id: ann.id,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '',
    managerId: mia.id,
    endDate: '2026-12-24',
    role: 'other',
    active: true,
  });
});

test('a last day that is planned is not told to the person', async () => {
  const own = await api.get(`/people/${ann.id}`, await api.token(ann));
  expect([own.status, own.text.includes('endDate')]).toEqual([200, false]);
});

test('whom they may not see is answered like who is not there', async () => {
  const token = await api.token(zoe);
  const hidden = await api.get(`/people/${ann.id}`, token);
  const missing = await api.get('/people/nobody', token);
  expect(hidden.status).toBe(404);
  expect(hidden.body).toEqual(missing.body);
});

test('people who have left are listed where that is wanted', async () => {
  const token = await api.token(ada);
  await api.chat.services.transact(async (tx) => {
    const now = await tx.people.find(zoe.id);
    if (now) await tx.people.save({ ...now, active: false });
  });
  expect(emailsOf(await api.get('/people', token))).not.toContain('zoe@example.com');
  expect(emailsOf(await api.get('/people?who=left', token))).toEqual(['zoe@example.com']);
});
