import { beforeEach, expect, test } from 'vitest';
import { backNotice } from '../../../../src/bots/features/offboarding/back-notice.ts';
import { comeBack, deactivate, reactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';
import { messaged } from '../../../support/messaged.ts';

const deps = { actor: { kind: 'system' } } as const;

let chat: TestChat;
let ann: Person;

/** Ann reports to Bo, and has left. */
beforeEach(async () => {
  chat = await testChat();
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Boss' });
  const person = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    managerEmail: bo.email,
  });
  const { stores, transact } = chat.services;
  await transact((tx) => deactivate(tx, person, deps));
  ann = present(await stores.people.find(person.id));
  await messaged(chat);
});

test('someone who is back is greeted, and reads what to do next', async () => {
  await chat.services.transact((tx) => reactivate(tx, ann, deps));
  expect(await messaged(chat)).toContain('Ann');
  const { payload } = backNotice.with({ personId: ann.id });
  const text = textOf(await backNotice.render(payload, await liveReader(chat, ann.email)));
  expect(text).toContain('Welcome back, Ann\nYou can use Latchkey again.');
  expect(text).toContain('Your manager here is Bo Boss.');
  expect(text).toContain('[Your access] [Request access…]');
});

test('someone else who gets the address of a leaver is not', async () => {
  chat.clock += 1000;
  const details = { firstName: 'Ann', lastName: 'Other' };
  await chat.services.transact((tx) => comeBack(tx, ann, { ...deps, details, related: {} }));
  expect(await messaged(chat)).not.toContain('Ann');
});

test('nor is someone whose details change while they are here', async () => {
  await chat.services.transact((tx) => reactivate(tx, ann, deps));
  await messaged(chat);
  const here = present(await chat.services.stores.people.find(ann.id));
  await chat.services.transact((tx) =>
    tx.emit({
      kind: 'person-changed',
      before: { ...here, position: 'Designer' },
      person: here,
      fields: ['position'],
      stored: [],
      by: deps.actor,
    }),
  );
  expect(await messaged(chat)).not.toContain('Ann');
});
