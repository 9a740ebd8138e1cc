import { beforeEach, expect, test } from 'vitest';
import { actions, cards } from '../../../../src/bots/features/features.ts';
import { openFirstSteps } from '../../../../src/bots/features/settings/first-steps.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { setSecrets } from '../../../../src/engine/integrations/integrations.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import {
  type Configured,
  rememberConfigured,
} from '../../../../src/engine/settings/set-up-memory.ts';
import { claimJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';

const given: Configured = { chats: ['slack'], mail: true, publicUrl: true, keyFile: 'x.key' };
const manifest = {
  initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  execute: [{ url: 'https://api.example.com/users', method: 'POST' }],
};

let chat: TestChat;
let admin: Person;
beforeEach(async () => {
  chat = await testChat();
  chat.welcomes = true;
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await rememberConfigured(chat.services.transact, given);
});

async function shown(reader = admin): Promise<Card> {
  const { stores, now } = chat.services;
  const context = {
    reader,
    stores,
    now,
    timeZone: 'UTC',
    scheduleZone: 'UTC',
  } as const;
  return cards.find('first-steps').render('{}', context);
}
const text = async (reader?: Person) => textOf(await shown(reader));

/** What the worker is to do in the lane of chat, with what follows that card. */
async function chatJobs(): Promise<readonly { readonly name: string; readonly payload: object }[]> {
  const now = new Date(chat.clock);
  const claim = { limit: 50, leaseMs: 1, workerId: 'w', lane: 'chat', now } as const;
  return claimJobs(chat.database.db, claim);
}

async function press(id: string, person = admin) {
  return actions.find(id)?.press('{}', await chat.turn(person.email));
}

test('an admin who writes for the first time is sent the card after the answer, where nothing is set up', async () => {
  await chat.turn(admin.email);
  await chat.turn(admin.email);
  expect(await chatJobs()).toEqual([]);
  chat.clock += 2000;
  expect(await chatJobs()).toMatchObject([
    {
      name: 'message.post',
      payload: { personId: admin.id, card: { view: 'first-steps' }, unlessShown: true },
    },
  ]);
});

test('nobody else is sent it, nor an admin of an installation that is in use', async () => {
  const ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  await chat.turn(ann.email);
  await chat.turn(admin.email);
  chat.clock += 2000;
  expect(await chatJobs()).toMatchObject(
    [ann, admin].map(({ id }) => ({ payload: { personId: id, card: { view: 'welcome' } } })),
  );
});

test('setup shows what is done, and the next step with its button', async () => {
  const reply = await openFirstSteps(await chat.turn(admin.email));
  expect(reply).toMatchObject({ kind: 'show', card: { view: 'first-steps', topic: 'set-up' } });
  const said = await text();
  expect(said).toContain('Setting up Latchkey: 1 of 6');
  expect(said).toContain('Next: Only admins are in the directory. Add the people');
  expect(said).toContain('[Add someone…]');
  expect(said).toContain('✓ An admin is linked in chat');
  expect(said).toContain('○ There is no integration yet. Add the first one');
  expect(said).toMatch(
    /is no integration yet[^]*Also worth having\n✓ Latchkey has a public address\n✓ Latchkey can send mail\n○ Notices go to each admin/,
  );
});

test('the card goes on with each step that is done', async () => {
  await chat.turn(admin.email);
  await chat.person({ email: 'ann@example.com' });
  expect(await text()).toContain(
    '[Add a ready-made one] [Upload a manifest…] [Write one…] [Add a manual one…]',
  );

  const integrationId = await chat.integration('Fern', manifest);
  expect(await text()).toContain('Next: Fern still needs API token.');
  expect(await text()).toContain('[Enter secrets…]');

  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  const deps = { actor: { kind: 'system' } } as const;
  await transact((tx) => setSecrets(tx, integration, { secrets: { TOKEN: 't' }, ...deps }));
  expect(await text()).toContain('[Try it on yourself]');
});

test('a card that lies in chat is refreshed when someone or an integration is added', async () => {
  await chat.person({ email: 'ann@example.com' });
  await chat.services.stores.messages.put({
    id: 'm1',
    card: { view: 'first-steps', payload: '{}', topic: 'set-up' },
    readerId: admin.id,
    address: { platform: 'slack', key: 'D1' },
    shown: '',
    postedAt: new Date(chat.clock),
  });
  const refresh = [{ name: 'message.refresh', payload: { messageId: 'm1' } }];
  await chat.person({ email: 'bob@example.com' });
  expect(await chatJobs()).toMatchObject(refresh);
  await chat.integration('Fern', manifest);
  expect(await chatJobs()).toMatchObject(refresh);
});

test('an admin says that the key has a copy, and the audit log keeps who', async () => {
  await chat.turn(admin.email);
  expect(await text()).toContain('○ The encryption key is in x.key');
  expect(await press('setup.key-copied')).toMatchObject({ kind: 'replace' });
  expect(await text()).toContain('✓ You have a copy of the encryption key');
  const said = () =>
    chat.services.stores.auditLog.list({ offset: 0, limit: 9 }, { what: 'setup.key-copied' });
  expect(await said()).toMatchObject([{ actor: { personId: admin.id } }]);
  const another = await chat.person({ email: 'bo@example.com', firstName: 'Bo', role: 'admin' });
  expect(await press('setup.key-copied', another)).toMatchObject({ kind: 'replace' });
  expect(await said()).toHaveLength(1);
});

test('someone who is no admin is refused, in the card, the word and the buttons', async () => {
  const ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  expect(await text(ann)).toContain('Only admins set up Latchkey');
  expect(await openFirstSteps(await chat.turn(ann.email))).toMatchObject({ kind: 'say' });
  await press('setup.key-copied', ann);
  expect(await press('setup.look', ann)).toMatchObject({
    card: { title: "You can't set up Latchkey" },
  });
  expect(await text()).toContain('○ The encryption key is in x.key');
});
