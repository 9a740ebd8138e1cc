/**
 * Apps whose secrets nobody has entered, that were never connected, or whose sign-in ended: every new way to access says who has to act,
 * and what was decided before waits.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { promoteDeferred } from '../../../src/engine/access/deferred-grants.ts';
import { extendHold } from '../../../src/engine/access/holds.ts';
import { waitingSource } from '../../../src/engine/access/set-up-first.ts';
import { planAll } from '../../../src/engine/bundles/plan-item.ts';
import { setSecrets } from '../../../src/engine/integrations/integrations.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { type AccessRequest, rulesKey } from '../../../src/engine/requests/access-request.ts';
import { takeBreakGlass } from '../../../src/engine/requests/break-glass.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { isRequestable } from '../../../src/engine/requests/requestable.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { ofKind, ok, present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';
import { ruleLab } from '../rules/lab.ts';
import { aGrant, sequenceLab } from '../sequences/lab.ts';

let engine: TestEngine;
/** Apps of which admins were notified that grants wait for them. */
let waiting: string[];
let ann: Person;
let boss: Person;
beforeEach(async () => {
  waiting = [];
  engine = await testEngine({
    onEvent: async (_tx, event) => {
      if (event.kind === 'grants-waiting') waiting.push(event.integrationId);
    },
  });
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

const withOauth = async (state?: 'connected' | 'reconnect') => {
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
    why: "The app isn't set up yet: an admin has to enter its secrets.",
  },
  {
    of: 'a connection',
    app: () => withOauth(),
    why: "The app isn't connected yet: an admin has to connect it.",
  },
  {
    of: 'a sign-in that still works',
    app: () => withOauth('reconnect'),
    why: 'The app rejected the saved sign-in. An admin has to connect it again.',
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

describe('what was decided', () => {
  let app: Integration;
  beforeEach(async () => {
    engine.party.on('POST /token', { json: { access_token: 'new' } });
    app = await withOauth('connected');
  });

  const setState = async (state: 'connected' | 'reconnect') => {
    const token = present(await engine.stores.oauth.find(app.id));
    await engine.transact((tx) => tx.oauth.put({ ...token, state }));
  };
  const connect = async () => {
    ok(await engine.tokens.exchangeCode(app.id, { code: 'code' }, engine.actor));
    await engine.runJobs();
  };
  const states = async () =>
    (await engine.stores.runs.list({ integrationId: app.id }, { offset: 0, limit: 9 })).runs.map(
      ({ state }) => state,
    );
  const granted = () => engine.party.requests.filter(({ url }) => url.endsWith('/users')).length;

  test('by an approver waits for the sign-in, and goes on with it', async () => {
    const content = { reason: 'A project', form: {}, answers: [], facts: {} };
    const wish = { actor: by(ann), requester: ann, person: ann, integration: app, content };
    const made = await engine.transact((tx) => createRequest(tx, wish));
    if (made.kind !== 'requested') throw new Error(made.kind);
    const { request } = made;
    await setState('reconnect');
    const said = { requestId: request.id, verdict: 'approve', by: boss, actor: by(boss) } as const;
    const rules = rulesKey(request, app);
    expect(await engine.transact((tx) => decideRequest(tx, { ...said, rules }))).toMatchObject({
      kind: 'decided',
      request: { state: 'approved' },
    });
    await engine.runJobs();
    expect([await states(), granted()]).toEqual([['deferred'], 0]);
    await connect();
    expect([await states(), granted()]).toEqual([['succeeded'], 1]);
  });

  test('by a sequence waits, is told to admins, and goes on with the sign-in', async () => {
    const lab = sequenceLab(engine);
    await setState('reconnect');
    const item = { timing: { kind: 'at-once' }, does: aGrant(app.id) } as const;
    await lab.assign(await lab.sequence([item]), ann);
    await lab.tick(MINUTE);
    expect([await lab.states(ann), await states(), granted()]).toEqual([
      ['fired'],
      ['deferred'],
      0,
    ]);
    expect(engine.chat.map(({ payload }) => JSON.stringify(payload))).toEqual([
      expect.stringContaining('timeline'),
    ]);
    await connect();
    expect([await states(), granted()]).toEqual([['succeeded'], 1]);
  });

  test('by a sequence, and can start no more when the sign-in is back, is told to admins', async () => {
    const lab = sequenceLab(engine);
    await setState('reconnect');
    const item = { timing: { kind: 'at-once' }, does: aGrant(app.id) } as const;
    await lab.assign(await lab.sequence([item]), ann);
    await lab.tick(MINUTE);
    engine.chat.splice(0);
    const form = [{ id: 'TEAM', name: 'Team', type: 'input' }];
    app = await engine.newManifest(app, { form, execute: execute() });
    await engine.transact((tx) => promoteDeferred(tx, { personId: ann.id, integrationId: app.id }));
    await engine.runJobs();
    expect([await states(), granted()]).toEqual([['cancelled'], 0]);
    expect(engine.chat.map(({ payload }) => JSON.stringify(payload))).toEqual([
      expect.stringContaining('timeline'),
    ]);
  });

  test('by hand, and waits behind another grant, outlasts the sign-in', async () => {
    await engine.grant(ann, app, { team: 'a' });
    expect(await engine.grant(ann, app, { team: 'b' })).toMatchObject({ kind: 'deferred' });
    await setState('reconnect');
    await engine.runJobs();
    expect((await states()).toSorted()).toEqual(['deferred', 'succeeded']);
    await connect();
    expect([await states(), granted()]).toEqual([['succeeded', 'succeeded'], 2]);
  });

  test('and whose retry is due without the sign-in is tried when it is back', async () => {
    await engine.grant(ann, app);
    await engine.transact((tx) => tx.oauth.delete(app.id));
    await engine.runJobs();
    for (let hours = 0; hours < 3; hours += 1) {
      expect([await states(), granted()]).toEqual([['retrying'], 0]);
      await engine.later(HOUR);
    }
    await connect();
    expect([await states(), granted()]).toEqual([['succeeded'], 1]);
  });
});

test('what a rule gives waits for the secrets, and goes on with them, while no one else is looked at', async () => {
  const lab = await ruleLab(engine);
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  const eve = await engine.person({ email: 'eve@example.com', department: 'Engineering' });
  await lab.rule('Engineering basics', [app]);
  await lab.days(6);
  expect(await engine.stores.ruleTroubles.ofPeople([eve.id])).toEqual([]);
  expect(await engine.stores.runs.unfinishedOf(eve.id)).toMatchObject([{ state: 'deferred' }]);
  await engine.transact((tx) =>
    setSecrets(tx, app, { secrets: { TOKEN: 't' }, actor: engine.actor }),
  );
  expect(await engine.stores.ruleWork.isAwaited(ann.id, engine.now())).toBe(false);
  await engine.runJobs();
  expect(await engine.stores.access.find(eve.id, app.id)).toMatchObject({ state: 'has' });
  await lab.close();
});

test('more time for what a rule has let go of counts from now where its day is over, also where its grant still waits', async () => {
  const lab = await ruleLab(engine);
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  const eve = await engine.person({ email: 'eve@example.com', department: 'Engineering' });
  await lab.rule('Engineering basics', [app]);
  await lab.change(eve, { department: 'Sales' });
  const [hold] = await engine.stores.holds.openAt(eve.id, app.id);
  const end = present(hold?.endsAt);
  engine.clock.advance(end.getTime() - engine.now().getTime() + 2 * DAY);
  const request: AccessRequest = {
    id: 'more-time',
    version: 1,
    kind: 'extend',
    personId: eve.id,
    integrationId: app.id,
    requestedById: eve.id,
    createdAt: engine.now(),
    hours: 24,
    state: 'open',
  };
  const { actor } = engine;
  const extended = await engine.transact((tx) =>
    extendHold(tx, request, { integration: app, actor }),
  );
  const until = new Date(engine.now().getTime() + DAY);
  expect(ofKind('extended', extended).hold.endsAt).toEqual(until);
  await lab.close();
});

test('admins are notified of what waits for an app after an hour and then weekly, once for all, until it is set up', async () => {
  const lab = await ruleLab(engine);
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  for (const name of ['eve', 'eli'])
    await engine.person({ email: `${name}@example.com`, department: 'Engineering' });
  await lab.rule('Engineering basics', [app]);
  const notifiedAfter = async (ms: number): Promise<number> => {
    engine.clock.advance(ms);
    await fire(engine, [waitingSource]);
    return waiting.splice(0).filter((id) => id === app.id).length;
  };
  expect(await notifiedAfter(HOUR - MINUTE)).toBe(0);
  expect(await notifiedAfter(MINUTE)).toBe(1);
  expect(await notifiedAfter(7 * DAY - MINUTE)).toBe(0);
  expect(await notifiedAfter(MINUTE)).toBe(1);
  await engine.transact((tx) =>
    setSecrets(tx, app, { secrets: { TOKEN: 't' }, actor: engine.actor }),
  );
  expect(await notifiedAfter(7 * DAY)).toBe(0);
  await lab.close();
});

test('the next notification comes a week after the last, also where the grant that waited longest ends', async () => {
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  const lab = await ruleLab(engine);
  await lab.rule('Engineering basics', [app]);
  const eng = { department: 'Engineering' };
  const eve = await engine.person({ email: 'eve@example.com', ...eng });
  await engine.tick(0);
  await engine.runJobs();
  engine.clock.advance(HOUR / 2);
  await engine.person({ email: 'eli@example.com', ...eng });
  await engine.tick(0);
  await engine.runJobs();
  const notifiedAfter = async (ms: number): Promise<number> => {
    engine.clock.advance(ms);
    await fire(engine, [waitingSource]);
    return waiting.splice(0).length;
  };
  expect(await notifiedAfter(HOUR / 2)).toBe(1);
  expect(await engine.stores.runs.deferredByIntegration()).toMatchObject([{ grants: 2 }]);
  await engine.offboard(eve, '2026-11-23');
  await engine.tick(0);
  expect(await engine.stores.runs.deferredByIntegration()).toMatchObject([{ grants: 1 }]);
  expect(await notifiedAfter(HOUR)).toBe(0);
  expect(await notifiedAfter(7 * DAY - HOUR - MINUTE)).toBe(0);
  expect(await notifiedAfter(MINUTE)).toBe(1);
  await lab.close();
});

test('where Latchkey was off when a notification was due, the next one comes a week after that was sent', async () => {
  const secrets = [{ id: 'TOKEN', name: 'Token' }];
  const app = await engine.integration({ initial_data_form: secrets, execute: execute() });
  const lab = await ruleLab(engine);
  await engine.person({ email: 'eve@example.com', department: 'Engineering' });
  await lab.rule('Engineering basics', [app]);
  await engine.tick(0);
  await engine.runJobs();
  const notifiedAfter = async (ms: number): Promise<number> => {
    engine.clock.advance(ms);
    await fire(engine, [waitingSource]);
    return waiting.splice(0).length;
  };
  expect(await notifiedAfter(6 * DAY)).toBe(1);
  expect(await notifiedAfter(2 * DAY)).toBe(0);
  expect(await notifiedAfter(5 * DAY)).toBe(1);
  await lab.close();
});

test('what waits for something else than the set-up is told to no admin', async () => {
  const app = await engine.integration({ execute: execute() });
  engine.party.on('POST /users', { status: 500 });
  await engine.granted(ann, app, { team: 'a' });
  expect(await engine.grant(ann, app, { team: 'b' })).toMatchObject({ kind: 'deferred' });
  engine.clock.advance(7 * DAY);
  await fire(engine, [waitingSource]);
  expect(waiting).toEqual([]);
});
