/** A grant that waited can't start any more: who is waiting for it hears so. */
import { beforeEach, expect, test } from 'vitest';
import { showCancelled } from '../../../../src/bots/features/access/cancelled-grant.ts';
import { promoteDeferred } from '../../../../src/engine/access/deferred-grants.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { startSetUpGrants } from '../../../../src/engine/access/set-up-first.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { policyKey } from '../../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../../src/engine/requests/decide-request.ts';
import { stopRun } from '../../../../src/engine/runs/stop-run.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat } from '../../../support/chat.ts';
import { inSlack, requested } from '../../../support/given/added.ts';
import { ofKind, ok, present } from '../../../support/given/outcomes.ts';
import { messaged } from '../../../support/messaged.ts';

const system = { kind: 'system' } as const;
const execute = [{ url: 'https://api.example.com/u' }];

let chat: TestChat;
let boss: Person;
let ann: Person;
let app: Integration;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    managerEmail: boss.email,
  });
  const id = await chat.integration('Fernboard', { execute });
  app = present(await chat.services.stores.integrations.find(id));
});

const save = async (change: object): Promise<void> => {
  const text = JSON.stringify({ execute, ...change });
  const saved = chat.services.transact((tx) => saveManifest(tx, app, { text, actor: system }));
  app = ok(await saved).integration;
};

test('an approved request whose grant can start no more is told to who requested it', async () => {
  const { transact, stores } = chat.services;
  const { id: requestId } = await requested(transact, { requester: ann, integration: app });
  await save({ initial_data_form: [{ id: 'TOKEN', name: 'Token' }] });
  const say = { requestId, verdict: 'approve', rules: policyKey(defaultPolicy) } as const;
  await transact((tx) => decideRequest(tx, { ...say, by: boss, actor: inSlack(boss) }));
  await save({ form: [{ id: 'TEAM', name: 'Team', type: 'input' }] });
  await messaged(chat);
  await startSetUpGrants({ integrationId: app.id, personId: ann.id }, chat.services);
  const [run] = (await stores.runs.list({}, { offset: 0, limit: 1 })).runs;
  expect(run).toMatchObject({ state: 'cancelled', cancelledBy: system });
  expect(await messaged(chat)).toEqual(['Ann']);
});

test('what someone granted who has left since is told to admins', async () => {
  const { transact } = chat.services;
  await save({ form: [{ id: 'TEAM', name: 'Team', type: 'input' }] });
  const grant = (team: string) =>
    transact((tx) =>
      startGrant(tx, {
        actor: inSlack(boss),
        person: ann,
        integration: app,
        form: { TEAM: team },
      }),
    );
  const first = ofKind('started', await grant('a'));
  const { run } = ofKind('deferred', await grant('b'));
  await transact(async (tx) => {
    await tx.people.save({ ...boss, active: false });
    await stopRun(tx, first.run.id, system);
    await promoteDeferred(tx, { personId: ann.id, integrationId: app.id });
  });
  await messaged(chat);
  await showCancelled(run.id, chat.services);
  expect(await messaged(chat)).toEqual(['Ada']);
});

test('an admin who requested what someone approved who has left since reads of it once', async () => {
  const { transact, stores } = chat.services;
  const ada = present(await stores.people.findByEmail('ada@example.com'));
  const wish = { requester: ada, person: ann, integration: app };
  const { id: requestId } = await requested(transact, wish);
  await save({ initial_data_form: [{ id: 'TOKEN', name: 'Token' }] });
  const say = { requestId, verdict: 'approve', rules: policyKey(defaultPolicy) } as const;
  await transact((tx) => decideRequest(tx, { ...say, by: boss, actor: inSlack(boss) }));
  await save({ form: [{ id: 'TEAM', name: 'Team', type: 'input' }] });
  await transact((tx) => tx.people.save({ ...boss, active: false }));
  await messaged(chat);
  await startSetUpGrants({ integrationId: app.id, personId: ann.id }, chat.services);
  const [run] = (await stores.runs.list({}, { offset: 0, limit: 1 })).runs;
  await showCancelled(present(run).id, chat.services);
  expect(await messaged(chat)).toEqual(['Ada']);
});
