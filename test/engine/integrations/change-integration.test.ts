import { beforeEach, describe, expect, test } from 'vitest';
import {
  changeSettings,
  restoreVersion,
  type SavedManifest,
  saveManifest,
  turnOff,
  turnOn,
} from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { stateOf, whatIsLost } from '../../../src/engine/integrations/integration-state.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import { changeNameAndIcon } from '../../../src/engine/integrations/name-and-icon.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import type { OAuthToken } from '../../../src/engine/ports/integration-stores.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { integrationTopic } from '../../../src/engine/work/topics.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';

let engine: TestEngine;
let integration: Integration;
beforeEach(async () => {
  engine = await testEngine();
  integration = await engine.integration(asks('TOKEN'), { TOKEN: 'abc' });
});

const asks = (...ids: readonly string[]) => ({
  initial_data_form: ids.map((id) => ({ id, name: id })),
  execute: [
    {
      url: `${engine.party.url}/members`,
      data: Object.fromEntries(ids.map((id) => [id, `{{${id}}}`])),
    },
  ],
});
const parts = () => ({ ...engine, actor: engine.actor });
const save = (manifest: unknown, seen = integration) =>
  engine.transact((tx) => saveManifest(tx, seen, { text: JSON.stringify(manifest), ...parts() }));
const saved = (outcome: SavedManifest) => {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.errors));
  return outcome;
};
const problems = (outcome: SavedManifest) =>
  outcome.ok ? [] : outcome.errors.map(({ message }) => message);
const lastAudited = async () => (await engine.stores.auditLog.list({ offset: 0, limit: 1 }))[0];
const now = async () => engine.stores.integrations.find(integration.id);

const someToken = (): OAuthToken => ({
  integrationId: integration.id,
  version: 1,
  generation: 1,
  answer: { access_token: 'at' },
  state: 'connected',
  refreshedAt: engine.now(),
});

describe('a newer manifest', () => {
  test('is the next version, and the one that is used', async () => {
    const { version } = saved(await save(asks('TOKEN', 'TEAM')));
    expect(version.number).toBe(2);
    expect((await now())?.manifestVersionId).toBe(version.id);
    const numbers = await engine.stores.integrations.versions(integration.id);
    expect(numbers.map(({ number }) => number)).toEqual([2, 1]);
    expect(await lastAudited()).toMatchObject({
      what: 'integration.saved',
      actor: engine.actor,
      integrationId: integration.id,
      detail: { number: 2 },
    });
  });

  test('says which secrets nobody has set yet', async () => {
    expect(saved(await save(asks('TOKEN', 'TEAM'))).missing).toEqual(['TEAM']);
  });

  test('deletes the secrets that it does not ask for, and names them', async () => {
    expect(saved(await save(asks('TEAM'))).dropped).toEqual(['TOKEN']);
    expect(await engine.stores.secrets.names(integration.id)).toEqual([]);
  });

  test('without `oauth` deletes the token, and the audit log names it', async () => {
    await engine.stores.oauth.put(someToken());
    expect(saved(await save(asks('TOKEN', 'TEAM'))).dropped).toEqual(['oauth']);
    expect(await engine.stores.oauth.find(integration.id)).toBeUndefined();
    expect((await lastAudited())?.detail).toEqual({ number: 2, droppedSecrets: 'oauth' });
  });

  test('that says the same, but deletes what was left to a run, is in the audit log', async () => {
    await engine.grant(await engine.person(), integration);
    await save(asks('TEAM'));
    engine.party.on('POST /members', { json: {} });
    await engine.runJobs();
    const seen = (await now()) ?? integration;
    expect(saved(await save(asks('TEAM'), seen)).dropped).toEqual(['TOKEN']);
    expect((await lastAudited())?.detail).toEqual({ number: 2, droppedSecrets: 'TOKEN' });
  });

  test('leaves secrets to a run that is pinned to the version before', async () => {
    await engine.grant(await engine.person(), integration);
    expect(saved(await save(asks('TEAM'))).dropped).toEqual([]);
    expect(await engine.stores.secrets.names(integration.id)).toEqual(['TOKEN']);
  });

  test('with errors is not saved, and all of them are said', async () => {
    expect(problems(await save({ execute: [{ url: 7 }], revoke: 'x' }))).toHaveLength(2);
    expect(await engine.stores.integrations.versions(integration.id)).toHaveLength(1);
  });

  test('that says the same is no new version', async () => {
    expect(saved(await save(asks('TOKEN'))).version.number).toBe(1);
    expect(await engine.audited()).not.toContain('integration.saved');
  });

  test('is refused to someone who began before someone else saved one', async () => {
    await save(asks('TOKEN', 'TEAM'));
    expect(problems(await save(asks('TOKEN', 'OTHER')))).toEqual([
      'someone has already saved version 2; check what it changes, then save yours again',
    ]);
  });

  test('is not refused because the name or settings have changed', async () => {
    await engine.transact((tx) =>
      changeNameAndIcon(tx, integration, { name: 'Asana 2', ...parts() }),
    );
    expect(saved(await save(asks('TOKEN', 'TEAM'))).integration.name).toBe('Asana 2');
  });

  test('gives a manual integration its first version', async () => {
    const manual: Integration = {
      id: engine.newId(),
      version: 1,
      name: 'Badge',
      enabled: true,
      createdAt: engine.now(),
    };
    await engine.stores.integrations.insert(manual);
    expect(saved(await save(asks(), manual)).version.number).toBe(1);
  });

  test('refreshes the cards that show the integration', async () => {
    await engine.transact((tx) =>
      tx.messages.put({
        id: 'm1',
        card: { view: 'integration', payload: '{}', topic: integrationTopic(integration.id) },
        readerId: engine.admin.id,
        address: { platform: 'slack', key: 'D1/1' },
        shown: '',
        postedAt: engine.now(),
      }),
    );
    await save(asks());
    await engine.runJobs();
    expect(engine.chat).toEqual([{ name: 'message.refresh', payload: { messageId: 'm1' } }]);
  });

  describe('of the other kind', () => {
    const sync = () => ({
      action: 'create',
      execute: [{ url: `${engine.party.url}/people`, method: 'GET' }],
      data_from: 'people',
      data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
    });

    test('is refused where people have what could not be taken away any more', async () => {
      const person = await engine.person();
      engine.party.on('POST /members', { json: {} });
      await engine.granted(person, integration);
      expect(problems(await save(sync())).join()).toContain(
        'Asana grants access, and people have or may have it',
      );
    });

    test('is refused while a request for it is open, which could not be granted any more', async () => {
      const person = await engine.person();
      const asking = { actor: engine.actor, requester: person, person, integration };
      const content = { reason: 'A project', form: {}, answers: [], facts: {} };
      await engine.transact((tx) => createRequest(tx, { ...asking, content }));
      expect(problems(await save(sync())).join()).toContain(
        'Asana grants access, and requests for it are open',
      );
    });

    test('is saved where nothing depends on it', async () => {
      expect(saved(await save(sync())).version.number).toBe(2);
    });

    test.each(['open', 'done'])(
      'is refused where people have or get it by hand: their task is %s',
      async (state) => {
        const person = await engine.person();
        const badge = await addedManual(engine.transact);
        await engine.transact((tx) =>
          grantByHand(tx, { actor: engine.actor, person, integration: badge }),
        );
        if (state === 'done') await engine.finishTask();
        expect(problems(await save(sync(), badge)).join()).toContain('Badge grants access');
      },
    );
  });
});

describe('an earlier version', () => {
  test('is saved again as the newest', async () => {
    const first = integration.manifestVersionId ?? '';
    const { integration: second } = saved(await save(asks('TOKEN', 'TEAM')));
    const restored = await engine.transact((tx) =>
      restoreVersion(tx, second, { versionId: first, ...parts() }),
    );
    expect(saved(restored).version).toMatchObject({
      number: 3,
      manifest: JSON.stringify(asks('TOKEN')),
    });
    expect(await lastAudited()).toMatchObject({ detail: { number: 3, restored: 1 } });
  });

  test('of another integration is refused', async () => {
    const other = await engine.integration(asks(), {}, 'Zoom');
    const versionId = other.manifestVersionId ?? '';
    const outcome = await engine.transact((tx) =>
      restoreVersion(tx, integration, { versionId, ...parts() }),
    );
    expect(problems(outcome)).toEqual(['Asana has no such version; choose another one']);
  });
});

describe('name and emoji', () => {
  const change = (face: { name: string; icon?: string }) =>
    engine.transact((tx) => changeNameAndIcon(tx, integration, { ...face, ...parts() }));

  test('are changed together', async () => {
    expect(await change({ name: ' Asana EU ', icon: '🎨' })).toEqual([]);
    expect(await now()).toMatchObject({ name: 'Asana EU', icon: '🎨' });
    expect(await lastAudited()).toMatchObject({
      what: 'integration.renamed',
      detail: { before: 'Asana', name: 'Asana EU' },
    });
  });

  test('an emoji that is left out is taken away, and its own name in another case is free', async () => {
    await change({ name: 'Asana', icon: '🎨' });
    expect(await change({ name: 'ASANA' })).toEqual([]);
    expect((await now())?.icon).toBeUndefined();
  });

  test('a name that another one has is refused', async () => {
    await engine.integration(asks(), {}, 'Zoom');
    expect(await change({ name: 'zoom' })).toMatchObject([{ place: 'name' }]);
  });

  test('what is no emoji is refused, and the name stays', async () => {
    expect(await change({ name: 'B', icon: ':art:' })).toMatchObject([{ place: 'icon' }]);
    expect((await now())?.name).toBe('Asana');
  });
});

test('settings are changed and audited', async () => {
  const settings = { policy: { ...defaultPolicy, approvals: 2 } };
  await engine.transact((tx) => changeSettings(tx, integration, { ...parts(), change: settings }));
  expect((await now())?.settings).toEqual(settings);
  const audited = await lastAudited();
  expect(audited?.what).toBe('integration.settings');
  expect(audited?.detail?.['policy']).toContain('their manager approves');
});

test('off and on again change what is stored, and are audited once each', async () => {
  for (const change of [turnOff, turnOff, turnOn, turnOn])
    await engine.transact((tx) => change(tx, integration, parts()));
  expect((await now())?.enabled).toBe(true);
  const audited = await engine.audited();
  expect(audited.filter((what) => /integration\.o/.test(what))).toEqual([
    'integration.off',
    'integration.on',
  ]);
});

test('turning it on again sets nothing of a schedule where there is none', async () => {
  for (const change of [turnOff, turnOn])
    await engine.transact((tx) => change(tx, integration, parts()));
  expect((await now())?.settings).toEqual(integration.settings);
});

test('the audit log counts what was stopped, where there was something', async () => {
  await engine.transact((tx) => turnOff(tx, integration, parts()));
  expect(await lastAudited()).toMatchObject({ what: 'integration.off', detail: {} });
  await engine.transact((tx) => turnOn(tx, integration, parts()));
  await engine.grant(await engine.person(), integration);
  await engine.transact((tx) => turnOff(tx, integration, parts()));
  expect((await lastAudited())?.detail).toEqual({ cancelled: 1 });
});

describe('a sign-in that the app rejected', () => {
  const withOauth = (refreshUrl: string, name = 'Token') => ({
    ...asks('TOKEN'),
    initial_data_form: [{ id: 'TOKEN', name }],
    oauth: {
      authenticate_url: 'https://example.com/authorize',
      access_token: { url: 'https://example.com/token' },
      refresh: { url: refreshUrl },
    },
  });
  const URL = 'https://example.com/token';
  beforeEach(async () => {
    integration = saved(await save(withOauth(URL))).integration;
    const failure = { at: engine.now(), why: 'invalid_grant' };
    await engine.stores.oauth.put({ ...someToken(), state: 'reconnect', failure });
  });
  const signIn = async () => (await engine.stores.oauth.find(integration.id))?.state;

  test('stays rejected after another label, and after the app was off', async () => {
    ({ integration } = saved(await save(withOauth(URL, 'API token'))));
    expect(await signIn()).toBe('reconnect');
    for (const change of [turnOff, turnOn])
      await engine.transact((tx) => change(tx, integration, parts()));
    expect(await signIn()).toBe('reconnect');
  });

  test('is tried once more where the request changes that renews it', async () => {
    saved(await save(withOauth(`${URL}/v2`)));
    expect(await signIn()).toBe('connected');
  });

  test('is tried once more with a secret that was entered', async () => {
    const secrets = { TOKEN: 'def' };
    await engine.transact((tx) => setSecrets(tx, integration, { secrets, actor: engine.actor }));
    expect(await signIn()).toBe('connected');
  });
});

describe('a deletion', () => {
  const remove = () =>
    engine.transact((tx) => deleteIntegration(tx, integration, { access: 'keep', ...parts() }));
  test('takes secrets, token, drafts and what is known with it, and leaves history and a free name', async () => {
    const person = await engine.person();
    engine.party.on('POST /members', { json: {} });
    await engine.granted(person, integration);
    await engine.stores.oauth.put(someToken());
    await engine.stores.drafts.put({
      id: 'd1',
      personId: engine.admin.id,
      kind: 'manifest',
      integrationId: integration.id,
      name: 'Asana',
      text: '{}',
      createdAt: engine.now(),
    });
    expect(await whatIsLost(engine.stores, integration)).toEqual({
      has: 1,
      unknown: 0,
      unfinished: 0,
      secrets: ['TOKEN'],
      connected: true,
      versions: 1,
    });
    await remove();

    const { stores } = engine;
    expect(await stores.secrets.names(integration.id)).toEqual([]);
    expect(await stores.oauth.find(integration.id)).toBeUndefined();
    expect(await stores.drafts.find('d1')).toBeUndefined();
    expect(await stores.access.forPerson(person.id)).toEqual([]);
    expect((await stores.runs.list({}, { offset: 0, limit: 10 })).total).toBe(1);
    expect(await stores.integrations.list()).toEqual([]);
    expect((await engine.integration(asks(), {}, 'asana')).name).toBe('asana');
  });

  test('is final: nothing of it can be changed afterwards', async () => {
    const gone = await remove();
    expect(await remove()).toEqual(gone);
    expect(await engine.transact((tx) => turnOn(tx, integration, parts()))).toEqual(gone);
    expect(problems(await save(asks()))).toEqual(['Asana has been deleted']);
    const renamed = await engine.transact((tx) =>
      changeNameAndIcon(tx, integration, { name: 'B', ...parts() }),
    );
    expect(renamed).toHaveLength(1);
  });
});

describe('the state of an integration', () => {
  const state = async () => stateOf(engine.stores, (await now()) ?? integration);
  const oauth = {
    oauth: {
      authenticate_url: 'https://example.com/authorize',
      access_token: { url: 'https://example.com/token' },
    },
  };

  test('is ready with everything that it asks for', async () => {
    expect(await state()).toEqual({ kind: 'ready' });
  });

  test('names the secrets that nobody has set', async () => {
    await save(asks('TOKEN', 'TEAM'));
    expect(await state()).toEqual({ kind: 'needs-secrets', missing: ['TEAM'], names: ['TEAM'] });
  });

  test('says whether it has to be connected, and connected again', async () => {
    saved(await save({ ...asks('TOKEN'), ...oauth }));
    expect(await state()).toEqual({ kind: 'needs-connecting' });
    const token: OAuthToken = {
      integrationId: integration.id,
      version: 1,
      generation: 1,
      answer: { access_token: 'at' },
      state: 'connected',
      refreshedAt: engine.now(),
    };
    await engine.stores.oauth.put(token);
    expect(await state()).toEqual({ kind: 'ready' });
    await engine.stores.oauth.put({ ...token, state: 'reconnect' });
    expect(await state()).toEqual({ kind: 'reconnect' });
  });

  test('is off, whatever else it needs', async () => {
    await save(asks('TOKEN', 'TEAM'));
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await state()).toEqual({ kind: 'off' });
  });

  test('is manual without a manifest, and unreadable with one that no longer is', async () => {
    const { manifestVersionId: _, ...manual } = integration;
    expect(await stateOf(engine.stores, manual)).toEqual({ kind: 'manual' });
    await engine.newManifest(integration, { execute: 7 });
    expect(await state()).toEqual({ kind: 'unreadable' });
  });
});
