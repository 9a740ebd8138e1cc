/** PostgreSQL ends one of two transactions that wait for each other: what an admin did in it is done again, not lost. */
import { beforeEach, expect, test } from 'vitest';
import { deleteIntegration } from '../../../src/bots/features/integrations/delete-integration.ts';
import { saveEdit } from '../../../src/bots/features/integrations/edit-integration.ts';
import { restoreVersion } from '../../../src/bots/features/integrations/integration-versions.ts';
import {
  turnIntegrationOff,
  turnIntegrationOn,
} from '../../../src/bots/features/integrations/turn-integration.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import { saveManifest, turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { keepDraft } from '../../../src/engine/links/drafts.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { type TestChat, testChat } from '../../support/chat.ts';
import { endedOnce } from '../../support/ended-once.ts';
import { present } from '../../support/given/outcomes.ts';

const ADA = 'ada@example.com';
const manifest = {
  exists: { url: 'https://api.example.com/u', method: 'GET' },
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};
const changed = JSON.stringify({ ...manifest, exists: { url: 'https://api.example.com/v' } });
const by = { kind: 'system' } as const;

let chat: TestChat;
let integrationId: string;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  integrationId = await chat.integration('Fernboard', manifest);
});

const integration = async (): Promise<Integration> =>
  present(await chat.services.stores.integrations.find(integrationId));

const turn = async (): Promise<Turn> => {
  const usual = await chat.turn(ADA);
  return { ...usual, transact: endedOnce(usual.transact) };
};
const target = () => JSON.stringify({ integrationId });
const deps = () => ({ ...chat.services, actor: by });

test('an integration is turned off', async () => {
  await turnIntegrationOff.submit(target(), {}, await turn());
  expect((await integration()).enabled).toBe(false);
});

test('an integration is turned on', async () => {
  const current = await integration();
  await chat.services.transact((tx) => turnOff(tx, current, deps()));
  await turnIntegrationOn.press(target(), await turn());
  expect((await integration()).enabled).toBe(true);
});

test('an integration is deleted', async () => {
  await deleteIntegration.submit(target(), { name: 'Fernboard' }, await turn());
  expect((await integration()).deletedAt).toBeDefined();
});

test('a manifest is saved once', async () => {
  const usual = await chat.turn(ADA);
  const kept = { personId: usual.actor.id, kind: 'manifest', integrationId } as const;
  const draft = await chat.services.transact((tx) =>
    keepDraft(tx, { ...kept, name: 'Fernboard', text: changed }),
  );
  const base = (await integration()).manifestVersionId ?? null;
  await saveEdit.press(JSON.stringify({ draftId: draft.id, base }), await turn());
  const versions = await chat.services.stores.integrations.versions(integrationId);
  expect(versions.map(({ number }) => number)).toEqual([2, 1]);
});

test('a version of a manifest is restored once', async () => {
  const before = await integration();
  await chat.services.transact((tx) => saveManifest(tx, before, { text: changed, ...deps() }));
  const base = (await integration()).manifestVersionId ?? null;
  const versionId = before.manifestVersionId;
  await restoreVersion.submit(JSON.stringify({ integrationId, versionId, base }), {}, await turn());
  const versions = await chat.services.stores.integrations.versions(integrationId);
  expect(versions.map(({ number }) => number)).toEqual([3, 2, 1]);
});
