/** Apps whose secrets nobody has entered, that were never connected, or whose sign-in ended: every way to access says who has to act. */
import { beforeEach, expect, test } from 'vitest';
import { planAll } from '../../../src/engine/bundles/plan-item.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { takeBreakGlass } from '../../../src/engine/requests/break-glass.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { isRequestable } from '../../../src/engine/requests/requestable.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { ruleLab } from '../rules/lab.ts';

let engine: TestEngine;
let ann: Person;
let boss: Person;
beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /users', { status: 201 });
  boss = await engine.person({ email: 'boss@example.com' });
  ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
});

const by = ({ id }: Person) => ({ kind: 'person', personId: id, via: 'slack' }) as const;
const execute = () => [{ url: `${engine.party.url}/users` }];

interface Lack {
  readonly of: string;
  readonly app: () => Promise<Integration>;
  readonly why: string;
}

const withOauth = async (state?: 'reconnect') => {
  const url = `${engine.party.url}/token`;
  const oauth = { authenticate_url: `${engine.party.url}/login`, access_token: { url } };
  const app = await engine.integration({ oauth, execute: execute() }, {}, 'Fernboard');
  const token = {
    version: 1,
    generation: 1,
    answer: { access_token: 'a' },
    refreshedAt: engine.now(),
  };
  if (state)
    await engine.transact((tx) => tx.oauth.put({ ...token, integrationId: app.id, state }));
  return app;
};

const LACKS: readonly Lack[] = [
  {
    of: 'its secrets',
    app: () => {
      const secrets = [{ id: 'TOKEN', name: 'Token' }];
      return engine.integration(
        { initial_data_form: secrets, execute: execute() },
        {},
        'Fernboard',
      );
    },
    why: "Fernboard isn't set up yet. An admin has to enter its secrets.",
  },
  {
    of: 'a connection',
    app: () => withOauth(),
    why: 'Fernboard is not connected yet. An admin has to connect it.',
  },
  {
    of: 'a sign-in that still works',
    app: () => withOauth('reconnect'),
    why: 'Fernboard rejected the saved sign-in. An admin has to connect it again.',
  },
];

test.each(LACKS)('an app that lacks $of is neither granted nor requested', async ({ app, why }) => {
  const made = await app();
  const breakGlass = { longestHours: 8, withApprovalOptions: false };
  const integration = await engine.transact((tx) =>
    tx.integrations.save({ ...made, settings: { policy: defaultPolicy, breakGlass } }),
  );
  const refused = { kind: 'refused', why };
  const content = { reason: 'A project', form: {}, answers: [], facts: {} };
  const wish = { actor: by(ann), requester: ann, person: ann, integration, content };
  expect(await engine.grant(ann, integration)).toMatchObject(refused);
  expect(await isRequestable(engine.stores, ann, integration)).toBe(false);
  expect(await engine.transact((tx) => createRequest(tx, wish))).toEqual(refused);
  const taken = { person: ann, integration, hours: 2, content };
  expect(await engine.transact((tx) => takeBreakGlass(tx, taken, by(ann)))).toEqual(refused);
  const planning = { person: ann, by: ann, actor: by(ann), reason: undefined } as const;
  for (const as of ['request', 'grant'] as const) {
    const at = { now: engine.now(), timeZone: 'UTC' };
    const item = { integrationId: integration.id, form: {}, answers: [] };
    const [planned] = await planAll(engine.stores, { ...planning, as, at }, [item]);
    expect(planned?.plan).toMatchObject({ kind: 'left-out', why });
  }
  expect(await engine.stores.runs.unfinishedOf(ann.id)).toEqual([]);
});

test('a request stays open while its app lacks a sign-in, and is approved when it has one', async () => {
  const integration = await withOauth('reconnect');
  const token = present(await engine.stores.oauth.find(integration.id));
  await engine.transact((tx) => tx.oauth.put({ ...token, state: 'connected' }));
  const content = { reason: 'A project', form: {}, answers: [], facts: {} };
  const wish = { actor: by(ann), requester: ann, person: ann, integration, content };
  const { request } = present(await engine.transact((tx) => createRequest(tx, wish))) as {
    readonly request: { readonly id: string };
  };
  const setState = async (state: 'connected' | 'reconnect') => {
    const now = present(await engine.stores.oauth.find(integration.id));
    await engine.transact((tx) => tx.oauth.put({ ...now, state }));
  };
  const approve = async () => {
    const open = present(await engine.stores.requests.find(request.id));
    const rules = rulesKey(open, integration);
    const said = { requestId: open.id, verdict: 'approve', rules, by: boss } as const;
    return engine.transact((tx) => decideRequest(tx, { ...said, actor: by(boss) }));
  };
  await setState('reconnect');
  expect(await approve()).toMatchObject({
    kind: 'refused',
    why: 'Fernboard rejected the saved sign-in. An admin has to connect it again.',
  });
  await setState('connected');
  expect(await approve()).toMatchObject({ kind: 'decided' });
});

test('a rule gives an app as soon as its secrets are entered, and no day before counts as a failure', async () => {
  const lab = await ruleLab(engine);
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  const eve = await engine.person({ email: 'eve@example.com', department: 'Engineering' });
  await lab.rule('Engineering basics', [app]);
  await lab.days(6);
  expect(await engine.stores.ruleTroubles.ofPeople([eve.id])).toEqual([]);
  expect(await engine.stores.runs.unfinishedOf(eve.id)).toEqual([]);
  await engine.transact((tx) =>
    setSecrets(tx, app, { secrets: { TOKEN: 't' }, actor: engine.actor }),
  );
  await engine.runJobs();
  expect(await engine.stores.access.find(eve.id, app.id)).toMatchObject({ state: 'has' });
  await lab.close();
});
