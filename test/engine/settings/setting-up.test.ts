import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { NewPerson } from '../../../src/engine/people/people.ts';
import {
  type Configured,
  configuredOf,
  confirmKeyCopy,
  forgetSlackRemoval,
  rememberConfigured,
  rememberSlackRemoval,
  setUpMemory,
} from '../../../src/engine/settings/set-up-memory.ts';
import {
  isUntouched,
  nextStep,
  type SetUpStepId,
  setUpSteps,
} from '../../../src/engine/settings/setting-up.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';

const noon = new Date('2026-11-25T12:00:00Z');
const everything: Configured = { chats: ['slack'], mail: true, publicUrl: true, keyFile: null };

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(() => noon);
});
afterEach(() => database.cleanup());

const steps = (given = everything) => setUpSteps(database.stores, given);
const step = async (id: SetUpStepId, given = everything) =>
  (await steps(given)).find((each) => each.id === id);

async function someone(person: NewPerson): Promise<Person> {
  return addedPerson(database.transact, person);
}

async function linkedAdmin(): Promise<void> {
  const { id: personId } = await someone({ email: 'ada@example.com', role: 'admin' });
  const user = { platform: 'slack', tenant: 'T1', userId: 'U1' } as const;
  await database.stores.identities.insert({ ...user, personId, linkedAt: noon });
}

async function anIntegration(
  manifest: object,
  secrets: Record<string, string> = {},
  name = 'Fern',
) {
  return addedIntegration(database.transact, { name, manifest, secrets });
}

const execute = [{ url: 'https://api.example.com/users', method: 'POST' }];
const needsToken = {
  initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  execute,
};
const needsConnecting = {
  execute,
  headers: { Authorization: 'Bearer {{oauth.access_token}}' },
  oauth: {
    authenticate_url: 'https://example.com/authorize?redirect_uri={{redirect_url}}',
    access_token: { url: 'https://example.com/token', method: 'POST' },
  },
};

test('an installation with nothing but a chat lacks everything that it works with', async () => {
  const lacks = (await steps()).filter(({ state }) => state === 'missing').map(({ id }) => id);
  expect(lacks).toEqual(['admin', 'people', 'integration', 'secrets', 'connection', 'grant']);
  expect(await isUntouched(database.stores)).toBe(true);
});

test('every step that is not done says what to do', async () => {
  const nothing: Configured = { chats: [], mail: false, publicUrl: false, keyFile: 'x.key' };
  for (const { next, sentence } of await steps(nothing)) {
    expect(next).toMatch(/\.$/);
    expect(sentence).toMatch(/^\p{Lu}/u);
  }
});

describe('the first admin', () => {
  test('needs a chat first', async () => {
    expect(await step('admin', { ...everything, chats: [] })).toMatchObject({
      sentence: 'No chat is connected',
    });
  });

  test('is there once they are known in chat', async () => {
    await someone({ email: 'bea@example.com', role: 'admin' });
    expect(await step('admin')).toMatchObject({ state: 'missing' });
    await linkedAdmin();
    expect(await step('admin')).toMatchObject({ state: 'done', next: '' });
  });
});

test('people are those beyond the admins', async () => {
  await linkedAdmin();
  expect(await step('people')).toMatchObject({ state: 'missing' });
  await someone({ email: 'ann@example.com' });
  expect(await step('people')).toMatchObject({ state: 'done' });
  expect(await isUntouched(database.stores)).toBe(false);
});

test('an integration that lacks a secret is named with what it lacks', async () => {
  const { id } = await anIntegration(needsToken);
  expect(await step('integration')).toMatchObject({ state: 'done' });
  expect(await step('secrets')).toMatchObject({
    state: 'missing',
    sentence: 'Fern still needs API token',
    integrationId: id,
  });
  await database.stores.secrets.put(id, 'TOKEN', 't');
  expect(await step('secrets')).toMatchObject({ state: 'done' });
});

test('an integration that is to be connected is named, with what is in the way', async () => {
  const { id } = await anIntegration(needsConnecting);
  const given = { ...everything, publicUrl: false };
  expect(await step('connection', given)).toMatchObject({ state: 'missing', integrationId: id });
  expect((await step('connection', given))?.next).toContain('Without PUBLIC_URL');
  const token = { integrationId: id, version: 1, generation: 1, answer: {}, refreshedAt: noon };
  await database.stores.oauth.put({ ...token, state: 'connected' });
  expect(await step('connection')).toMatchObject({ state: 'done' });
  await database.stores.oauth.put({ ...token, state: 'reconnect' });
  expect(await step('connection')).toMatchObject({
    sentence: 'Fern rejected the saved sign-in',
  });
});

test('a first grant still counts when its run was purged', async () => {
  const { id: integrationId } = await anIntegration({ execute });
  expect(await step('grant')).toMatchObject({ state: 'missing' });
  const { id: personId } = await someone({ email: 'ann@example.com' });
  const access = { personId, integrationId, state: 'has', reason: '' } as const;
  await database.stores.access.put({ ...access, since: noon, checkedAt: noon });
  expect(await step('grant')).toMatchObject({ state: 'done' });
});

test('a key file counts as backed up when an admin says so', async () => {
  const given = { ...everything, keyFile: 'data/latchkey.sqlite.key' };
  expect(await step('key-backup')).toBeUndefined();
  expect(await step('key-backup', given)).toMatchObject({ state: 'optional' });
  await database.transact((tx) => confirmKeyCopy(tx));
  expect(await step('key-backup', given)).toMatchObject({ state: 'done' });
});

test('the next step is the first that is missing, then the first that is worth having', async () => {
  await linkedAdmin();
  const { id: personId } = await someone({ email: 'ann@example.com' });
  expect(nextStep(await steps())).toMatchObject({ id: 'integration' });
  const { id: integrationId } = await anIntegration({ execute });
  const access = { personId, integrationId, state: 'has', reason: '' } as const;
  await database.stores.access.put({ ...access, since: noon, checkedAt: noon });
  expect(nextStep(await steps())).toMatchObject({ id: 'notices', state: 'optional' });
  await database.transact((tx) =>
    changeWorkspaceSettings(tx, {
      notices: { address: { platform: 'slack', key: 'C1' }, name: '#it' },
    }),
  );
  expect(nextStep(await steps())).toMatchObject({ id: 'texts', state: 'optional' });
  const data = { to: '{{to}}', text: '{{message}}' };
  const texts = { type: 'send_text', execute: [{ ...execute[0], data }] };
  const { id } = await anIntegration(texts, {}, 'Pigeon');
  await database.transact((tx) => changeWorkspaceSettings(tx, { textProviderId: id }));
  expect(await step('texts')).toMatchObject({ state: 'done' });
  expect(nextStep(await steps())).toBeUndefined();
});

test('what the environment says is remembered, and forgets no confirmation', async () => {
  const given = { ...everything, keyFile: 'x.key' };
  await database.transact((tx) => confirmKeyCopy(tx));
  await rememberConfigured(database.transact, given);
  await rememberConfigured(database.transact, given);
  expect(await configuredOf(database.stores)).toEqual(given);
  expect((await database.stores.settings.find('setting-up'))?.version).toBe(2);
  expect(await step('key-backup', given)).toMatchObject({ state: 'done' });
});

test('a removal from Slack is remembered once, with its time, until Slack takes the token again', async () => {
  expect(await database.transact(rememberSlackRemoval)).toBe(true);
  expect(await database.transact(rememberSlackRemoval)).toBe(false);
  expect(await setUpMemory(database.stores)).toMatchObject({ slackRemovedAt: noon.toISOString() });
  await database.transact(forgetSlackRemoval);
  expect(await setUpMemory(database.stores)).toMatchObject({ slackRemovedAt: null });
});
