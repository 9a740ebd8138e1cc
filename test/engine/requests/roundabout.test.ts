/** Roundabout ways to an approval that nobody gave: who fills in for a group that has its people, and answers that are lost. */
import { beforeEach, expect, test, vi } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { setDelegate } from '../../../src/engine/requests/absences.ts';
import { type AccessRequest, rulesKey } from '../../../src/engine/requests/access-request.ts';
import { chooseRoute, chooseWithoutAsking } from '../../../src/engine/requests/choose-route.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import type { Route, StageApprovers } from '../../../src/engine/settings/route.ts';
import { defaultPolicy, FOR_ROUTE } from '../../../src/engine/settings/settings.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let boss: Person;
let ann: Person;
beforeEach(async () => {
  engine = await testEngine();
  boss = await engine.person({ email: 'boss@example.com', role: 'admin' });
  ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
});

const stage = (...approvers: StageApprovers[]) => ({
  approvers,
  approvals: 1,
  differentPerson: false,
});
const isIn = (department: string): StageApprovers => ({
  kind: 'group',
  group: {
    matching: 'all',
    conditions: [{ field: 'department', comparison: 'is', not: false, values: [department] }],
  },
});

const isOwner = {
  kind: 'answer' as const,
  fieldId: 'ROLE',
  values: ['owner'],
  label: 'Role',
  labels: ['Owner'],
};
const role = {
  form: [
    {
      id: 'ROLE',
      name: 'Role',
      type: 'choice',
      items: [
        { id: 'reader', name: 'Reader' },
        { id: 'owner', name: 'Owner' },
      ],
    },
  ],
};
const twoAdmins = { ...stage({ kind: 'admins' }), approvals: 2 };
const byTwoAdmins = { kind: 'stages', stages: [{ approvers: [{ kind: 'admins' }], approvals: 2 }] };

async function app(route: Route, manifest = {}): Promise<Integration> {
  const added = await engine.integration({
    execute: [{ url: 'http://127.0.0.1:9/' }],
    revoke: [{ url: 'http://127.0.0.1:9/' }],
    ...manifest,
  });
  const settings = { policy: { ...defaultPolicy, ...FOR_ROUTE, route } };
  return engine.transact((tx) => tx.integrations.save({ ...added, settings }));
}

async function ask(integration: Integration, form = {}, by = ann): Promise<AccessRequest> {
  return requested(engine.transact, { requester: by, integration, content: { form } });
}

const approve = (by: Person, request: AccessRequest, integration: Integration) =>
  engine.transact((tx) =>
    decideRequest(tx, {
      requestId: request.id,
      verdict: 'approve',
      rules: rulesKey(request, integration),
      by,
      actor: { kind: 'person', personId: by.id, via: 'slack' },
    }),
  );

test('an admin who approves as manager does not fill in for the group of the next stage', async () => {
  const cleo = await engine.person({ email: 'cleo@example.com', department: 'Legal' });
  const integration = await app({
    cases: [],
    stages: [stage({ kind: 'manager' }), stage(isIn('Legal'))],
  });
  const request = await ask(integration);
  expect((await approve(boss, request, integration)).kind).toBe('counted');
  expect(await engine.stores.requests.approvers(request.id)).toEqual([cleo.id]);
});

test.each([
  ['counts in each stage that names its person', false, 'decided'],
  ['does not count in a stage that wants someone else', true, 'counted'],
])('one press %s', async (_, differentPerson, kind) => {
  const admins = { ...stage({ kind: 'admins' }), differentPerson };
  const integration = await app({ cases: [], stages: [stage({ kind: 'manager' }), admins] });
  const request = await ask(integration);
  expect((await approve(boss, request, integration)).kind).toBe(kind);
});

test('a delegate is not asked about what they request themselves', async () => {
  const days = { from: '2026-11-24', until: '2026-11-30' };
  const delegation = { personId: boss.id, delegateId: ann.id, ...days };
  await engine.transact((tx) => setDelegate(tx, delegation, engine.actor));
  const request = await ask(await app({ cases: [], stages: [stage({ kind: 'manager' })] }));
  expect(await engine.stores.requests.approvers(request.id)).toEqual([boss.id]);
});

test('an extension whose answers nobody knows any more goes to admins where an answer decides', async () => {
  const cases = [{ when: [isOwner], stages: [twoAdmins] }];
  const integration = await app({ cases, stages: [] }, role);
  const granted = await engine.transact((tx) =>
    startGrant(tx, {
      actor: engine.actor,
      person: ann,
      integration,
      source: 'by-hand',
      form: { ROLE: 'owner' },
      answers: [],
      hours: 24,
    }),
  );
  expect(granted.kind).not.toBe('refused');
  await engine.transact(async (tx) => {
    for (const { runId: _, ...hold } of await tx.holds.openAt(ann.id, integration.id))
      await tx.holds.save(hold);
  });
  const request = await ask(integration, { ROLE: 'reader' });
  expect(request).toMatchObject({ kind: 'extend', state: 'open' });
  expect(request.route).toMatchObject(byTwoAdmins);
});

test('an extension after a request that can not be read goes to admins where an answer decides', async () => {
  const integration = await app(
    { cases: [{ when: [isOwner], stages: [twoAdmins] }], stages: [stage({ kind: 'manager' })] },
    role,
  );
  const first = await ask(integration, { ROLE: 'reader' });
  expect((await approve(boss, first, integration)).kind).toBe('decided');
  const { db } = engine;
  await db('holds').update({ ends_at: engine.now().getTime() + 1 });
  await db('runs').update({ inputs: 'damaged' });
  await db('access_requests').update({ content: 'damaged' });
  const request = await ask(integration, { ROLE: 'reader' });
  expect(request).toMatchObject({ kind: 'extend', state: 'open', route: byTwoAdmins });
});

test('a request whose stages are being chosen, and that can not be read, waits for admins, who can only deny it', async () => {
  const oncall = await engine.integration(
    { exists: { url: `${engine.party.url}/on-call`, method: 'GET', expected: 'yes' } },
    {},
    'On call',
  );
  const check = { kind: 'check' as const, integrationId: oncall.id };
  const cases = [
    { when: [check], stages: [] },
    { when: [isOwner], stages: [twoAdmins] },
  ];
  const integration = await app({ cases, stages: [] }, role);
  const { id } = await ask(integration, { ROLE: 'owner' });
  await engine.db('access_requests').update({ content: 'damaged' });
  await engine.transact((tx) => chooseWithoutAsking(tx, id));
  const request = present(await engine.stores.requests.find(id));
  expect(request).toMatchObject({ state: 'open', route: byTwoAdmins });
  const decided = await approve(boss, request, integration);
  expect(decided).toEqual({
    kind: 'refused',
    why: "What was requested can't be read any more. Deny this request, and have it requested again.",
  });
});

const inOslo = (not: boolean) => ({
  matching: 'all' as const,
  conditions: [
    { field: 'stored:OFFICE' as const, comparison: 'is' as const, not, values: ['Oslo'] },
  ],
});

test('a request whose route can not be read is not written over where too few admins are left', async () => {
  const integration = await app({ cases: [], stages: [stage({ kind: 'manager' })] });
  const { id } = await ask(integration);
  await engine.db('access_requests').update({ route: '{"kind":' });
  await engine.change(boss, { role: 'other' });
  await engine.change(engine.admin, { role: 'other' });
  await engine.change(ann, { role: 'admin' });
  await reevaluateRequests({ integrationId: integration.id }, engine);
  expect(await engine.db('access_requests').first('state', 'route')).toEqual({
    state: 'open',
    route: '{"kind":',
  });
  expect(await engine.stores.requests.approvers(id)).toEqual([]);
});

test('a request whose route can not be read is not granted by an approval of an earlier stage', async () => {
  const integration = await app({ cases: [], stages: [twoAdmins] });
  const asked = await ask(integration);
  expect((await approve(boss, asked, integration)).kind).toBe('counted');
  await engine.db('access_requests').update({ route: '{"kind":' });
  await reevaluateRequests({ integrationId: integration.id }, engine);
  const request = present(await engine.stores.requests.find(asked.id));
  expect(request.state).toBe('open');
  expect(await engine.stores.requests.approvers(asked.id, { waiting: true })).toContain(
    engine.admin.id,
  );
  expect((await approve(engine.admin, request, integration)).kind).toBe('decided');
});

test('where a stored value decides, and that of the person can not be read, admins approve', async () => {
  const cases = [
    {
      when: [{ kind: 'person' as const, whose: 'person' as const, group: inOslo(false) }],
      stages: [twoAdmins],
    },
  ];
  const integration = await app({ cases, stages: [] });
  await engine.db('people').where({ id: ann.id }).update({ stored: 'damaged' });
  const damaged = await engine.stores.people.find(ann.id);
  expect(await ask(integration, {}, damaged)).toMatchObject({ state: 'open', route: byTwoAdmins });
});

test('someone whose facts can not be read is in no group that compares them, and keeps no one else out of it', async () => {
  const office = await engine.integration(
    {
      action: 'update',
      schedule: '0 * * * *',
      execute: [{ url: `${engine.party.url}/people`, method: 'GET' }],
      data_structure: { email: 'mail', OFFICE: 'office' },
    },
    {},
    'HR',
  );
  const cy = await engine.person({ email: 'cy@example.com' });
  const dee = await engine.person({ email: 'dee@example.com' });
  engine.party.on('GET /people', {
    json: [cy, dee].map(({ email }) => ({ mail: email, office: 'Bergen' })),
  });
  await engine.transact((tx) => startSync(tx, office, { mode: 'import', ...engine }));
  await engine.runJobs();
  await engine.db('people').where({ id: cy.id }).update({ stored: 'damaged' });
  const group = { kind: 'group' as const, group: inOslo(true) };
  const integration = await app({ cases: [], stages: [stage(group)] });
  const { id } = await ask(integration);
  const approvers = await engine.stores.requests.approvers(id);
  expect(approvers).toContain(dee.id);
  expect(approvers).not.toContain(cy.id);
});

test('what nobody has to approve, and can not be read, waits for an admin', async () => {
  const oncall = await engine.integration(
    { exists: { url: `${engine.party.url}/on-call`, method: 'GET', expected: 'yes' } },
    {},
    'On call',
  );
  const check = { kind: 'check' as const, integrationId: oncall.id };
  const integration = await app({ cases: [{ when: [check], stages: [] }], stages: [] });
  const { id } = await ask(integration);
  await engine.db('access_requests').update({ content: 'damaged' });
  await engine.transact((tx) => chooseWithoutAsking(tx, id));
  expect((await engine.stores.requests.find(id))?.state).toBe('open');
  expect(await engine.stores.requests.approvers(id)).toEqual(expect.arrayContaining([boss.id]));
});

test('whose requester has left before the check is answered, is not approved for their sake', async () => {
  const oncall = await engine.integration(
    { exists: { url: `${engine.party.url}/on-call`, method: 'GET', expected: 'yes' } },
    {},
    'On call',
  );
  const check = { kind: 'check' as const, integrationId: oncall.id };
  const integration = await app({
    cases: [{ when: [check], stages: [] }],
    stages: [stage({ kind: 'admins' })],
  });
  const { id } = await ask(integration);
  await engine.transact(async (tx) => {
    const now = await tx.people.find(ann.id);
    if (now) await tx.people.save({ ...now, active: false });
  });
  await engine.transact((tx) => chooseWithoutAsking(tx, id));
  expect((await engine.stores.requests.find(id))?.state).toBe('cancelled');
});

test('a check that gives no answer is a no after five seconds, whatever its token takes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const oncall = await engine.integration(
      { exists: { url: `${engine.party.url}/on-call`, method: 'GET', expected: 'yes' } },
      {},
      'On call',
    );
    const check = { kind: 'check' as const, integrationId: oncall.id };
    const integration = await app({
      cases: [{ when: [check], stages: [] }],
      stages: [stage({ kind: 'admins' })],
    });
    const { id } = await ask(integration);
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const hangs = () => {
      isAsked();
      return new Promise<never>(() => {});
    };
    const { stores, transact, now, http } = engine;
    const tokens = { ...engine.tokens, fresh: hangs };
    const { pause } = engine.worker();
    const chosen = chooseRoute(id, { stores, transact, now, http, tokens, pause });
    await asked;
    vi.advanceTimersByTime(5000);
    await chosen;
    expect((await stores.requests.find(id))?.route).toMatchObject({ kind: 'stages' });
  } finally {
    vi.useRealTimers();
  }
});

test('an option that needs approval is not approved by a manager alone where a stage names others beside them', async () => {
  const cara = await engine.person({ email: 'cara@example.com' });
  const own = await engine.person({ email: 'own@example.com' });
  const dan = await engine.person({ email: 'dan@example.com', managerEmail: cara.email });
  const items = [
    { id: 'reader', name: 'Reader' },
    { id: 'owner', name: 'Owner', needs_approval: true },
  ];
  const form = [{ id: 'ROLE', name: 'Role', type: 'choice', items }];
  const either = stage({ kind: 'manager' }, { kind: 'people', personIds: [own.id] });
  const integration = await app({ cases: [], stages: [either] }, { form });
  const asked = async (ROLE: string) => {
    const request = await ask(integration, { ROLE }, dan);
    const approvers = await engine.stores.requests.approvers(request.id);
    await engine.transact(async (tx) => {
      const now = await tx.requests.find(request.id);
      if (now) await tx.requests.save({ ...now, state: 'withdrawn', decidedAt: tx.now });
    });
    return approvers.toSorted();
  };
  expect(await asked('reader')).toEqual([cara.id, own.id].toSorted());
  expect(await asked('owner')).toEqual([own.id]);
});
