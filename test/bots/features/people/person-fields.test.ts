/** Someone who is picked in the platform's list of people, or typed as an address. */
import { beforeEach, expect, test } from 'vitest';
import {
  peopleFields,
  personAnswered,
  personFields,
} from '../../../../src/bots/features/people/person-fields.ts';
import { changeAddresses } from '../../../../src/engine/people/change-addresses.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat } from '../../../support/chat.ts';
import { valueAt } from '../../../support/clicks.ts';
import { teamIn } from '../../../support/team.ts';

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
});

const labels = { label: 'Delegate', emailLabel: 'Email' };
const answered = async (picked?: string, email?: string) =>
  personAnswered({ picked, email }, await chat.turn(admin.email));

test('a picked user is the person whom the directory has for them', async () => {
  expect(await answered(ann.email)).toMatchObject({ ok: true, person: { id: ann.id } });
});

test('a picked user whose address someone else had until lately is no one, and can be typed', async () => {
  const wanted = [
    { person: ann, email: boss.email },
    { person: boss, email: ann.email },
  ];
  const by = { actor: { kind: 'system' } } as const;
  await chat.services.transact((tx) => changeAddresses(tx, wanted, by));
  expect(await answered(ann.email)).toHaveProperty('errors.picked');
  expect(await answered(undefined, ann.email)).toMatchObject({ ok: true, person: { id: boss.id } });
});

test('a typed address counts before a pick', async () => {
  expect(await answered(ann.email, ` ${boss.email} `)).toMatchObject({
    ok: true,
    person: { id: boss.id },
  });
});

test('somebody whom the directory lacks gets a sentence beside the field', async () => {
  expect(await answered('U0STRANGER')).toHaveProperty('errors.picked');
  expect(await answered(undefined, 'no@example.com')).toEqual({
    ok: false,
    errors: { email: 'No one in the directory has no@example.com. Check the spelling.' },
  });
  expect(await answered()).toHaveProperty('errors.email');
});

test('who is known on this platform is picked when the form opens, others are typed', async () => {
  const turn = await chat.turn(admin.email);
  const before = await personFields(labels, ann, turn);
  expect([before.picked, before.email]).toMatchObject([{}, { initial: ann.email }]);
  await chat.turn(ann.email); // Links them.
  const after = await personFields(labels, ann, turn);
  expect(after.picked).toMatchObject({ kind: 'person', initial: ann.email });
  expect(valueAt(after.email, 'initial')).toBeUndefined();
});

test('who is picked has a name, for platforms without a list of people', async () => {
  const turn = await chat.turn(admin.email);
  expect((await personFields(labels, ann, turn)).picked).not.toHaveProperty('names');
  await chat.turn(ann.email); // Links them.
  expect((await personFields(labels, ann, turn)).picked).toMatchObject({ names: ['Ann Lee'] });
  expect(await peopleFields(labels, [ann, boss], turn)).toMatchObject({
    picked: { names: ['Ann Lee'] },
    emails: { initial: boss.email },
  });
});

test('where someone is needed, an address is needed alone, unless someone is picked already', async () => {
  const turn = await chat.turn(admin.email);
  const needed = { ...labels, isNeeded: true };
  expect((await personFields(needed, undefined, turn)).email).toMatchObject({ neededAlone: true });
  expect((await personFields(labels, undefined, turn)).email).not.toHaveProperty('neededAlone');
  await chat.turn(ann.email); // Links them.
  expect((await personFields(needed, ann, turn)).email).not.toHaveProperty('neededAlone');
});
