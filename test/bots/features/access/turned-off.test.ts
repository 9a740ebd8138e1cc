/** What is turned off, deleted or done by hand, on the cards that name it. */
import { beforeEach, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { pickIntegration } from '../../../../src/bots/features/access/pick-integration.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import { openHistory } from '../../../../src/bots/features/runs/run-history.ts';
import { actorOf } from '../../../../src/bots/live/context.ts';
import type { Reply } from '../../../../src/bots/view/action.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { turnOff } from '../../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../../src/engine/integrations/delete-integration.ts';
import type { AccessState, Integration, Person } from '../../../../src/engine/people/directory.ts';
import { lease, succeed } from '../../../../src/engine/runs/run.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';

const manifest = {
  exists: { url: 'https://api.example.com/u', method: 'GET' },
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

let chat: TestChat;
let ada: Person;
let ann: Person;
let integrationId: string;
beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  integrationId = await chat.integration('Fernboard', manifest);
});

const target = () => ({ personId: ann.id, integrationId });
const integration = async (): Promise<Integration> =>
  present(await chat.services.stores.integrations.find(integrationId));
const change = async (how: typeof turnOff) => {
  const actor = actorOf(await chat.turn(ada.email));
  const current = await integration();
  await chat.services.transact((tx) => how(tx, current, { ...chat.services, actor }));
};
const known = (state: AccessState) =>
  chat.services.transact((tx) =>
    tx.access.put(accessSince(new Date(chat.clock), { ...target(), state, reason: 'It said so.' })),
  );
const granted = async () => {
  const actor = actorOf(await chat.turn(ada.email));
  const wish = { actor, person: ann, integration: await integration(), form: {} };
  const started = await chat.services.transact((tx) => startGrant(tx, wish));
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  return started.run;
};
const reading = () => ({
  reader: ada,
  stores: chat.services.stores,
  now: chat.services.now,
  timeZone: 'UTC',
  scheduleZone: 'UTC',
});
const accessText = async () => {
  const { payload } = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
  return textOf(await accessCard.render(payload, reading()));
};
const open = async (action: typeof grantAccess) => {
  const reply = await action.press(action.with(target()).payload, await chat.turn(ada.email));
  if (reply.kind !== 'open') throw new Error(`It opens no form, but ${reply.kind}`);
  return reply.form;
};
const said = (reply: Reply): string =>
  'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;

test('who has access at what is turned off sees it as such, and can lose it', async () => {
  await known('has');
  await change(turnOff);
  expect(await accessText()).toContain(
    'Fernboard · ✓ Has access (since 25 Nov 2026) · turned off\n[Revoke…]',
  );
  const form = await open(revokeAccess);
  expect(form).not.toHaveProperty('refused');
});

test('of what is being deleted the row says that, and not that it is turned off', async () => {
  await known('has');
  await change(turnOff);
  const off = await integration();
  await chat.services.transact((tx) => tx.integrations.save({ ...off, deletingSince: tx.now }));
  expect(await accessText()).toContain(
    'Fernboard · ✓ Has access (since 25 Nov 2026) · the app is being deleted\n[Revoke…]',
  );
});

test('where it is unknown whether someone has access at what is turned off, it can be revoked', async () => {
  await known('unknown');
  await change(turnOff);
  expect(await accessText()).toContain('· turned off\n[Try again] [Revoke…]');
});

test('what is turned off is not shown where there is nothing to remove, and not offered to grant', async () => {
  await known('none');
  await change(turnOff);
  expect(await accessText()).not.toContain('Fernboard');
  await known('has');
  const picked = await pickIntegration(ann, 'grant', await chat.turn(ada.email));
  expect(said(picked)).not.toContain('Fernboard');
  expect(said(await pickIntegration(ann, 'revoke', await chat.turn(ada.email)))).toContain(
    'Fernboard · has access\n[Revoke…]',
  );
});

test('beside what is not set up yet, an admin gets the way to the integrations, and a manager none', async () => {
  const boss = await chat.person({ email: 'boss@example.com' });
  await chat.services.transact((tx) => tx.people.save({ ...ann, managerId: boss.id }));
  const picked = async (email: string) => {
    const turn = await chat.turn(email);
    const reply = await pickIntegration(
      present(await chat.services.stores.people.find(ann.id)),
      'grant',
      turn,
    );
    return said(reply);
  };
  expect(await picked(ada.email)).not.toContain('[Integrations]');
  await chat.integration('Asana', {
    ...manifest,
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  });
  expect(await picked(ada.email)).toContain('[Same as a colleague…] [Integrations]');
  expect(await picked(boss.email)).not.toContain('[Integrations]');
});

test('a Grant button that is older than the turning off says so', async () => {
  await change(turnOff);
  const form = await open(grantAccess);
  expect('refused' in form && textOf(form.refused)).toContain('Fernboard is turned off');
});

test('of one without a manifest the form says that it is done by hand', async () => {
  const { manifestVersionId: _, ...manual } = await integration();
  await chat.services.transact((tx) => tx.integrations.save(manual));
  const form = await open(grantAccess);
  expect('intro' in form && JSON.stringify(form.intro)).toContain(
    'By hand: creates a task for the Latchkey admins.',
  );
});

test('runs keep the name of what was deleted', async () => {
  await granted();
  await change((tx, current, by) => deleteIntegration(tx, current, { access: 'keep', ...by }));
  expect(said(await openHistory(await chat.turn(ada.email)))).toContain('Grant Fernboard: Ann Lee');
});

test('of a grant that was stopped and gave something all the same, nobody is notified that they have it', async () => {
  const queued = await granted();
  const actor = actorOf(await chat.turn(ada.email));
  const held = lease(
    queued,
    { workerId: 'w1', newestManifestVersionId: queued.manifestVersionId },
    chat.services.now(),
  );
  const ended = succeed({ ...held, stoppedBy: actor }, chat.services.now());
  await chat.services.transact(async (tx) => {
    await tx.runs.save(ended);
    await tx.emit({ kind: 'run-ended', run: ended });
  });
  expect(await chat.database.db('jobs').where('name', 'message.post')).toEqual([]);
});
