import { beforeEach, expect, test } from 'vitest';
import { storedFormSessions } from '../../../src/bots/live/form-sessions.ts';
import type { FormSessions } from '../../../src/bots/view/form-sessions.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type TestChat, testChat } from '../../support/chat.ts';

let chat: TestChat;
let ann: Person;
let sessions: FormSessions;
beforeEach(async () => {
  chat = await testChat();
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  sessions = storedFormSessions(chat.services);
});

const shown = {
  form: { title: 'Grant', submitLabel: 'Grant', intro: [['Hello']], fields: {} },
  call: { id: 'access.grant', payload: '{"personId":"p1"}' },
};

test('a session gives back the form and what it is for, to whom it was shown alone', async () => {
  const id = await sessions.save(shown, { personId: ann.id });
  expect(await sessions.find(id, { personId: ann.id })).toEqual(shown);
  expect(await sessions.find(id, { personId: 'someone else' })).toBeUndefined();
});

test('a session that an older version kept is over', async () => {
  const { formSessions } = chat.services.stores;
  const session = { id: 'old', personId: ann.id, createdAt: chat.services.now() };
  await formSessions.insert({ ...session, form: JSON.stringify(shown.form) });
  expect(await sessions.find('old', { personId: ann.id })).toBeUndefined();
});
