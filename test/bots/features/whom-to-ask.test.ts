/** The next step of someone who may not do something: people who may, by name, and never someone who isn't there. */
import { beforeEach, describe, expect, test } from 'vitest';
import { openIntegration } from '../../../src/bots/features/integrations/integrations-list.ts';
import { askAnAdmin, askToGrant, ifStillNeeded } from '../../../src/bots/features/whom-to-ask.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { defaultPolicy, settingsOf } from '../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { Clicker } from '../../support/clicks.ts';
import { present } from '../../support/given/outcomes.ts';
import { bossAndAnn } from '../../support/team.ts';

let chat: TestChat;
let ann: Person;
let app: Integration;

beforeEach(async () => {
  chat = await testChat();
  ({ ann } = await bossAndAnn(chat));
  const id = await chat.integration('Fernboard', { execute: [{ url: 'https://f.example/u' }] });
  app = present(await chat.services.stores.integrations.find(id));
});

const admin = (firstName: string) =>
  chat.person({
    email: `${firstName}@example.com`,
    firstName,
    lastName: 'Okafor',
    role: 'admin',
  });
const asked = (reader: Person, ofApp?: Integration) =>
  askAnAdmin({ stores: chat.services.stores, reader }, ofApp);
const owned = (...owners: readonly Person[]) =>
  chat.services.transact((tx) =>
    tx.integrations.save({
      ...app,
      settings: { ...settingsOf(app), ownerIds: owners.map(({ id }) => id) },
    }),
  );

test('up to three admins are named, and more are not', async () => {
  for (const name of ['Ada', 'Cleo', 'Dan']) await admin(name);
  expect(await asked(ann)).toBe('Ask Ada Okafor, Cleo Okafor or Dan Okafor.');
  await admin('Eve');
  expect(await asked(ann)).toBe('Ask one of them.');
});

test('the owners of an app are named with the admins, and alone where the admins are many', async () => {
  const owner = await chat.person({
    email: 'owen@example.com',
    firstName: 'Owen',
    lastName: 'Park',
  });
  await admin('Ada');
  app = await owned(owner);
  expect(await asked(ann, app)).toBe('Ask Owen Park or Ada Okafor.');
  for (const name of ['Cleo', 'Dan', 'Eve']) await admin(name);
  expect(await asked(ann, app)).toBe('Ask Owen Park.');
});

test('where nobody is there to be asked, it says so', async () => {
  expect(await asked(ann)).toBe('There is no admin now. Ask the operator of Latchkey to name one.');
  const ada = await admin('Ada');
  expect(await asked(ada)).toBe('There is no other admin. Make someone an admin on their card.');
});

test('the refusal of an app names its owner', async () => {
  const owner = await chat.person({
    email: 'owen@example.com',
    firstName: 'Owen',
    lastName: 'Park',
  });
  await admin('Ada');
  await owned(owner);
  const card = await new Clicker(chat, ann.email).presses(
    openIntegration.with({ integrationId: app.id }),
  );
  expect(textOf(card)).toContain('Ask Owen Park or Ada Okafor.');
});

test('someone without a manager is sent to an admin, and others to their manager by name', async () => {
  const { stores } = chat.services;
  expect(await ifStillNeeded(ann, stores)).toBe('If you still need it, ask your manager, Bo Boss.');
  const { managerId: _, ...alone } = ann;
  expect(await ifStillNeeded(alone, stores)).toBe('If you still need it, ask a Latchkey admin.');
});

describe('someone who can not request an app', () => {
  const next = (reader: Person, person: Person = ann) =>
    askToGrant({ person, integration: app }, { stores: chat.services.stores, reader });

  test('is sent to their manager by name, as long as the manager is here and grants it', async () => {
    await admin('Ada');
    expect(await next(ann)).toBe('Ask your manager, Bo Boss, or a Latchkey admin.');
    const toAdmins = 'Only Latchkey admins can grant it. Ask Ada Okafor.';
    const policy = { ...defaultPolicy, managersGrant: false };
    const granted = app;
    app = { ...app, settings: { ...settingsOf(app), policy } };
    expect(await next(ann)).toBe(toAdmins);
    app = granted;
    await chat.services.transact(async (tx) => {
      const boss = await tx.people.hold(ann.managerId ?? '');
      if (boss) await deactivate(tx, boss, { actor: { kind: 'system' } });
    });
    expect(await next(ann)).toBe(toAdmins);
  });

  test('for someone else is sent to the manager who grants it, and not to admins alone', async () => {
    const hal = await chat.person({ email: 'hal@example.com', firstName: 'Hal', role: 'helpdesk' });
    expect(await next(hal)).toBe('Ask their manager, Bo Boss, or a Latchkey admin.');
  });

  test('is sent to nobody where the reader may grant it, or where nobody can', async () => {
    const ada = await admin('Ada');
    expect(await next(ada)).toBe('You can grant it instead.');
    app = { ...app, enabled: false };
    expect(await next(ann)).toBeUndefined();
  });
});
