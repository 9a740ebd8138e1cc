/** Someone who has left is shown as that wherever their name comes up, and is granted nothing. */
import { beforeEach, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { turnPickerPage } from '../../../../src/bots/features/access/pick-integration.ts';
import { pinnedHome } from '../../../../src/bots/features/home/home.ts';
import type { Reply } from '../../../../src/bots/view/action.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../../src/engine/people/directory.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';

const SYSTEM: Actor = { kind: 'system' };

let chat: TestChat;
let ann: Person;
let integrationId: string;
let ada: Clicker;
let bo: Clicker;

/** Ann has left, and still has Fernboard. */
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'bo@example.com', firstName: 'Bo', role: 'manager' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: 'bo@example.com',
  });
  integrationId = await chat.integration('Fernboard', {
    exists: { url: 'https://api.example.com/u', method: 'GET' },
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  const at = chat.services.now();
  await chat.services.stores.access.put({
    personId: ann.id,
    integrationId,
    state: 'has',
    reason: '',
    since: at,
    checkedAt: new Date(at.getTime() + 1),
  });
  await leave(ann);
  ada = new Clicker(chat, 'ada@example.com');
  bo = new Clicker(chat, 'bo@example.com');
});

async function leave(person: Person): Promise<void> {
  const { transact, ...services } = chat.services;
  const left = await transact(async (tx) =>
    deactivate(tx, (await tx.people.find(person.id)) ?? person, { ...services, actor: SYSTEM }),
  );
  if (!left.ok) throw new Error(left.why);
}
const unsaid = (reply: Reply | { kind: string }): string =>
  'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;

test('their access card says so and shows the removal, but no Grant, to admins and to their manager', async () => {
  for (const clicker of [ada, bo]) {
    const card = textOf(await clicker.types('access', 'Ann', 'Lee'));
    expect(card).toContain('Access of Ann Lee, who has left');
    expect(card).toContain('Fernboard · … Being removed\n[View removal]');
    expect(card).not.toMatch(/\[Grant|\[Re-grant/);
  }
});

test('grant names no integration for them', async () => {
  const card = textOf(await ada.types('grant', 'Ann', 'Lee'));
  expect(card).toContain("Ann Lee has left\nPeople who have left can't be granted access.");
  expect(card).not.toContain('Fernboard');
  const page = turnPickerPage.with({ personId: ann.id, purpose: 'grant', page: 0 });
  expect(textOf(await ada.presses(page))).toContain('Ann Lee has left');
});

test('a Grant button of before opens nothing, and its form is not taken', async () => {
  const button = grantAccess.with({ personId: ann.id, integrationId });
  await expect(ada.opens(button)).rejects.toThrow('Ann Lee has left');
  expect(unsaid(await ada.answers(button, {}))).toContain('Ann Lee has left');
});

test('the engine grants them nothing either', async () => {
  const { transact, stores } = chat.services;
  const person = { ...ann, active: true }; // As a reader knows them who began before they left.
  const integration = present(await stores.integrations.find(integrationId));
  const started = await transact((tx) =>
    startGrant(tx, { actor: SYSTEM, person, integration, form: {} }),
  );
  expect(started.kind === 'refused' && started.why).toContain('Ann Lee has left.');
});

test('offboard says so, with what they may still have, instead of asking whether they leave', async () => {
  const card = textOf(await ada.types('offboard', 'Ann', 'Lee'));
  expect(card).toContain('Ann Lee has left\nThey may still have: Fernboard.');
  expect(card).toContain('[View their card] [Remove what is left…]');
  expect(card).not.toContain('Plan the last day');
});

test('people finds them by name where nobody here is called like that', async () => {
  expect(textOf(await ada.types('people', 'ann', 'lee'))).toContain('Ann Lee has left');
});

test('a picker shows who of two has left', async () => {
  await chat.person({ email: 'ann.marsh@example.com', firstName: 'Ann', lastName: 'Marsh' });
  const left = await chat.person({ email: 'ann@old.example', firstName: 'Ann', lastName: '' });
  await leave(left);
  const picker = textOf(await ada.types('access', 'Ann'));
  expect(picker).toContain('Ann · ann@old.example · has left');
  expect(picker).toContain('Ann Marsh · ann.marsh@example.com\n');
});

test('someone who works here is meant before someone of the same name who has left', async () => {
  await chat.person({ email: 'ann.lee@example.com', firstName: 'Ann', lastName: 'Lee' });
  const card = textOf(await ada.types('access', 'Ann', 'Lee'));
  expect(card).toContain('Email: ann.lee@example.com');
});

test('someone who was never their manager learns nothing of them', async () => {
  await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'manager' });
  const eve = new Clicker(chat, 'eve@example.com');
  expect(textOf(await eve.types('access', 'Ann', 'Lee'))).toContain(
    'No one you can view matches "Ann Lee"',
  );
});

test('runs and Home name them as someone who has left', async () => {
  const person = await chat.person({ email: 'cy@example.com', firstName: 'Cy' });
  const { transact, stores, ...services } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  await transact(async (tx) => {
    const wish = { actor: SYSTEM, person, integration, form: {} };
    const started = await startGrant(tx, wish);
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
    const { dueAt: _, ...run } = started.run;
    const error = { code: 'http-status', message: 'No.' } as const;
    await tx.runs.save({ ...run, state: 'failed', finishedAt: services.now(), error });
  });
  await leave(person);
  const admin = (await chat.turn('ada@example.com')).actor;
  const home = await ada.sees(pinnedHome.with({ personId: admin.id }));
  expect(textOf(home)).toContain('Fernboard for Cy (has left)');
  expect(textOf(await ada.types('activity'))).toContain('Grant Fernboard: Cy (has left)');
});
