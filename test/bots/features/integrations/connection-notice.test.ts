import { beforeEach, expect, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import { connectionNotice } from '../../../../src/bots/features/integrations/set-up-notices.ts';
import { firstToken } from '../../../../src/engine/calls/token-answer.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';

let chat: TestChat;
let ada: Person;
let id: string;
beforeEach(async () => {
  chat = await testChat();
  ada = await person('ada@example.com', 'admin');
  id = await chat.integration('Harbour', {
    oauth: { authenticate_url: 'https://x.example', access_token: { url: 'https://x.example' } },
    execute: [{ url: 'https://x.example' }],
  });
});

async function person(email: string, role: Person['role']): Promise<Person> {
  const made = await chat.person({ email });
  return chat.services.transact((tx) => tx.people.save({ ...made, role }));
}

async function shown(reader: Person): Promise<string> {
  const { stores, now } = chat.services;
  const { view, payload } = connectionNotice.with({ integrationId: id });
  const times = { timeZone: 'UTC', scheduleZone: 'UTC' } as const;
  return textOf(await cards.find(view).render(payload, { reader, stores, now, ...times }));
}

async function connection(state: 'connected' | 'reconnect'): Promise<void> {
  const { stores, now } = chat.services;
  await stores.oauth.put({ ...firstToken(id, { access_token: 't' }, now()), state });
}

test('every admin is notified, and nobody else', async () => {
  await person('mia@example.com', 'manager');
  const bob = await person('bob@example.com', 'admin');
  await chat.services.transact((tx) => tx.emit({ kind: 'connection-broken', integrationId: id }));
  const jobs = await chat.database.db<{ name: string; payload: string }>('jobs');
  const told = jobs.filter(({ name }) => name === 'message.post').map(({ payload }) => payload);
  expect(told).toHaveLength(2);
  for (const { id: admin } of [ada, bob]) expect(told.join()).toContain(admin);
});

test('it offers to connect again, until that is done', async () => {
  await connection('reconnect');
  expect(await shown(ada)).toContain("Harbour rejected Latchkey's sign-in");
  expect(await shown(ada)).toContain('[Reconnect]');
  await connection('connected');
  expect(await shown(ada)).toContain('Harbour is connected again');
  expect(await shown(ada)).not.toContain('[Reconnect]');
});

test('a token for another client than its manifest names is no connection', async () => {
  await connection('connected');
  const { oauth } = chat.services.stores;
  const token = await oauth.find(id);
  if (token) await oauth.save({ ...token, app: 'another client' });
  expect(await shown(ada)).not.toContain('is connected again');
  expect(await shown(ada)).toContain('[Reconnect]');
});

test('someone who is no admin any more reads nothing of it', async () => {
  await connection('reconnect');
  expect(await shown({ ...ada, role: 'other' })).not.toContain('Harbour');
});
