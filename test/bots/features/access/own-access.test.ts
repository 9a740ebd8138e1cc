/** What someone reads on the card of their own access, about apps that they don't have. */
import { beforeEach, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { teamIn } from '../../../support/team.ts';

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
});

async function cardOf(whose: Person, reader: Person) {
  const { payload } = accessCard.with({ personId: whose.id, page: 0, askedAt: 0 });
  return accessCard.render(payload, await liveReader(chat, reader.email));
}
const labelsOf = async (whose: Person, reader: Person) =>
  buttonsOf(await cardOf(whose, reader)).map(({ label }) => label);

test('what they lack they request from there, and it says so once they have', async () => {
  expect(await labelsOf(ann, ann)).toEqual(['Request…']);
  const form = askForAccess.with({ integrationId });
  await new Clicker(chat, ann.email).gets(form, { reason: 'Boards' });
  expect(await labelsOf(ann, ann)).toEqual(['Your requests']);
  expect(textOf(await cardOf(ann, ann))).toContain('requested, waiting for approval');
});

test('an app that no one requests is offered to no one there', async () => {
  const found = present(await chat.services.stores.integrations.find(integrationId));
  const policy = { ...defaultPolicy, requesters: { kind: 'nobody' } } as const;
  const locked = { ...found, settings: { policy } };
  await chat.services.transact((tx) => tx.integrations.save(locked));
  expect(await labelsOf(ann, ann)).toEqual([]);
});

test('a manager is offered the grant there, and not the request', async () => {
  expect(await labelsOf(ann, boss)).toEqual(['Grant…']);
});
