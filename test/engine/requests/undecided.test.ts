import { beforeEach, describe, expect, test } from 'vitest';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { ensureAdmins } from '../../../src/engine/people/people.ts';
import {
  type AccessRequest,
  policyKey,
  rulesKey,
} from '../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { stuckSource, undecidedSources } from '../../../src/engine/requests/undecided.ts';
import { defaultPolicy, FOR_ROUTE, type Policy } from '../../../src/engine/settings/settings.ts';
import { HOUR, type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

const DAY = 24 * HOUR;

let engine: TestEngine;
let boss: Person;
let ann: Person;
let told: string[];

beforeEach(async () => {
  told = [];
  engine = await testEngine({
    async onEvent(_tx, event) {
      if (event.kind === 'approval-requested')
        told.push(
          ...event.approverIds.map((id) => (id === boss.id ? 'boss asked' : 'admin asked')),
        );
      if (event.kind === 'request-ended') told.push(event.request.state);
    },
  });
  boss = await engine.person({ email: 'boss@example.com' });
  ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
});

async function ask(policy: Partial<Policy> = {}, hours?: number): Promise<AccessRequest> {
  const added = await engine.integration({
    execute: [{ url: 'http://127.0.0.1:9/' }],
    revoke: [{ url: 'http://127.0.0.1:9/' }],
  });
  const integration = await engine.transact((tx) =>
    tx.integrations.save({ ...added, settings: { policy: { ...defaultPolicy, ...policy } } }),
  );
  const outcome = await requested(engine.transact, {
    actor: engine.actor,
    requester: ann,
    integration,
    ...(hours !== undefined && { hours }),
  });
  told = [];
  return outcome;
}

async function setPolicy(
  { integrationId }: AccessRequest,
  policy: Partial<Policy>,
): Promise<Integration> {
  const integration = present(await engine.stores.integrations.find(integrationId));
  const settings = { policy: { ...defaultPolicy, ...policy } };
  return engine.transact((tx) => tx.integrations.save({ ...integration, settings }));
}

async function tick(ms: number): Promise<void> {
  engine.clock.advance(ms);
  await fire(engine, [...undecidedSources, stuckSource]);
}

test('approvers are reminded, then admins may decide too, then it ends; each once', async () => {
  const request = await ask();
  await tick(DAY);
  await tick(HOUR);
  expect(told).toEqual(['boss asked']);
  await tick(2 * DAY);
  await tick(HOUR);
  expect(told).toEqual(['boss asked', 'admin asked']);
  await tick(11 * DAY);
  expect(told).toEqual(['boss asked', 'admin asked', 'expired']);
  expect((await engine.stores.requests.find(request.id))?.state).toBe('expired');
});

test('the approvers of the next stage have as long as the first: reminded after a day, and admins two days later', async () => {
  const cleo = await engine.person({ email: 'cleo@example.com' });
  const of = (...personIds: string[]) => ({
    approvers: [{ kind: 'people' as const, personIds }],
    approvals: 1,
    differentPerson: false,
  });
  const route = { cases: [], stages: [of(boss.id), of(cleo.id)] };
  const { id } = await ask({ ...FOR_ROUTE, route });
  await tick(DAY);
  expect(told).toEqual(['boss asked']);
  const request = await engine.stores.requests.find(id);
  const integration = request && (await engine.stores.integrations.find(request.integrationId));
  if (!request || !integration) throw new Error('It is gone');
  const press = {
    requestId: id,
    verdict: 'approve',
    rules: rulesKey(request, integration),
    by: boss,
    actor: { kind: 'person', personId: boss.id, via: 'slack' },
  } as const;
  await tick(20 * HOUR);
  await engine.transact((tx) => decideRequest(tx, press));
  told = [];
  await tick(23 * HOUR);
  expect(told).toEqual([]);
  await tick(HOUR);
  expect(told).toHaveLength(1);
  await tick(HOUR);
  expect(told).toHaveLength(1);
  expect((await engine.stores.requests.find(id))?.escalatedAt).toBeUndefined();
  await tick(2 * DAY);
  expect((await engine.stores.requests.find(id))?.escalatedAt).toEqual(engine.now());
});

test('the approvers of a stage have as long where nobody pressed, since an approval before it counts again', async () => {
  const [cleo, dan] = [
    await engine.person({ email: 'cleo@example.com' }),
    await engine.person({ email: 'dan@example.com' }),
  ];
  const of = (...personIds: string[]) => ({
    approvers: [{ kind: 'people' as const, personIds }],
    approvals: 1,
    differentPerson: false,
  });
  const two = { ...of(boss.id, cleo.id), approvals: 2 };
  const route = { cases: [], stages: [two, of(dan.id)] };
  const request = await ask({ ...FOR_ROUTE, route, expireAfterDays: null });
  const integration = present(await engine.stores.integrations.find(request.integrationId));
  const press = (by: Person) =>
    engine.transact((tx) =>
      decideRequest(tx, {
        requestId: request.id,
        verdict: 'approve',
        rules: rulesKey(request, integration),
        by,
        actor: { kind: 'person', personId: by.id, via: 'slack' },
      }),
    );
  const set = async (active: boolean) => {
    await engine.change(boss, { active });
    await reevaluateRequests({ personId: boss.id }, engine);
  };
  await press(boss);
  await set(false);
  await press(cleo);
  expect(await engine.stores.requests.approvers(request.id)).not.toContain(dan.id);
  await tick(10 * DAY);
  engine.clock.advance(HOUR);
  await set(true);
  expect(await engine.stores.requests.approvers(request.id)).toContain(dan.id);
  told = [];
  await tick(DAY - 1);
  expect(told).toEqual([]);
  await tick(1);
  expect(told).toHaveLength(2); // Dan, and since it escalated in the first stage, the admin.
});

test.each([
  { name: 'request-remind', days: 1, policy: { remindAfterDays: 5 } },
  { name: 'request-escalate', days: 3, policy: { escalateAfterDays: null } },
  { name: 'request-expire', days: 14, policy: { expireAfterDays: 30 } },
])(
  '$name does nothing where the policy has just given more time',
  async ({ name, days, policy }) => {
    const { id } = await ask();
    const request = present(await engine.stores.requests.find(id));
    engine.clock.advance(days * DAY);
    const source = present(undecidedSources.find((each) => each.name === name));
    const due = [];
    for await (const each of source.due(engine.stores, engine.now())) due.push(each);
    expect(due.map(({ subject }) => subject)).toEqual([id]);
    await setPolicy(request, policy);
    for (const each of due) await engine.transact((tx) => source.fire(tx, each, engine.now()));
    expect(await engine.stores.requests.find(id)).toEqual(request);
    expect(told).toEqual([]);
  },
);

test('a policy without them leaves it open', async () => {
  const request = await ask({
    remindAfterDays: null,
    escalateAfterDays: null,
    expireAfterDays: null,
  });
  await tick(300 * DAY);
  expect(told).toEqual([]);
  expect((await engine.stores.requests.find(request.id))?.state).toBe('open');
});

test('of what fell due while nobody looked, only the end happens: nobody is asked any more', async () => {
  await ask();
  await tick(20 * DAY);
  expect(told).toEqual(['expired']);
});

describe('re-evaluated after a change', () => {
  const reevaluate = (changed: Parameters<typeof reevaluateRequests>[0]) =>
    reevaluateRequests(changed, engine);
  const change = (person: Person, about: Partial<Person>) =>
    engine.transact(async (tx) => {
      const now = (await tx.people.find(person.id)) ?? person;
      await tx.people.save({ ...now, ...about });
    });

  test('a new manager is asked in place of the old one', async () => {
    const request = await ask();
    const cleo = await engine.person({ email: 'cleo@example.com' });
    await change(ann, { managerId: cleo.id });
    await reevaluate({ personId: ann.id });
    expect(await engine.stores.requests.approvers(request.id)).toEqual([cleo.id]);
  });

  test('when the manager leaves, admins are asked', async () => {
    const request = await ask();
    await change(boss, { active: false });
    await reevaluate({ personId: boss.id });
    expect(await engine.stores.requests.approvers(request.id)).toEqual([engine.admin.id]);
  });

  const approveBy = (
    by: Person,
    request: AccessRequest,
    policy: Partial<Policy>,
    verdict: 'approve' | 'deny' = 'approve',
  ) =>
    engine.transact((tx) =>
      decideRequest(tx, {
        requestId: request.id,
        verdict,
        rules: policyKey({ ...defaultPolicy, ...policy }),
        by,
        actor: { kind: 'person', personId: by.id, via: 'slack' },
      }),
    );

  test('when all who are left have had their say, admins are asked, and one of them completes it', async () => {
    const cleo = await engine.person({ email: 'cleo@example.com' });
    const approvers: Policy['approvers'] = { kind: 'people', personIds: [boss.id, cleo.id] };
    const policy = { approvers, approvals: 2, escalateAfterDays: null, expireAfterDays: null };
    const request = await ask(policy);
    expect((await approveBy(boss, request, policy)).kind).toBe('counted');
    await change(cleo, { active: false });
    await reevaluate({ personId: cleo.id });
    expect(told).toEqual(['admin asked']);
    expect((await approveBy(engine.admin, request, policy)).kind).toBe('decided');
  });

  const twoAdmins: Partial<Policy> = { approvers: { kind: 'admins' }, approvals: 2 };

  test('when too few are left who could approve it for a day, it ends and says why', async () => {
    const cleo = await engine.person({ email: 'cleo@example.com', role: 'admin' });
    const request = await ask(twoAdmins);
    expect((await approveBy(engine.admin, request, twoAdmins)).kind).toBe('counted');
    await change(cleo, { active: false });
    await reevaluate({ personId: cleo.id });
    await tick(DAY - 1);
    expect((await engine.stores.requests.find(request.id))?.state).toBe('open');
    await tick(1);
    const ended = await engine.stores.requests.find(request.id);
    expect(ended).toMatchObject({ state: 'cancelled', route: { kind: 'stuck' } });
    expect(told.at(-1)).toBe('cancelled');
  });

  test('when an import takes the only other admin away for an hour, it waits for them', async () => {
    const cleo = await engine.person({ email: 'cleo@example.com', role: 'admin' });
    const request = await ask(twoAdmins);
    await approveBy(engine.admin, request, twoAdmins);
    await change(cleo, { active: false });
    await reevaluate({ personId: cleo.id });
    await tick(HOUR);
    await change(cleo, { active: true });
    await reevaluate({ personId: cleo.id });
    await tick(2 * DAY);
    expect((await approveBy(cleo, request, twoAdmins)).kind).toBe('decided');
  });

  test('an open request keeps the stages of the policy that it was made under', async () => {
    const request = await ask();
    const integration = await setPolicy(request, twoAdmins);
    await reevaluate({ integrationId: integration.id });
    expect(told).toEqual([]);
    expect(await engine.stores.requests.approvers(request.id)).toEqual([boss.id]);
    const by = { kind: 'person', personId: boss.id, via: 'slack' } as const;
    const rules = rulesKey(request, integration);
    const press = {
      requestId: request.id,
      verdict: 'approve',
      rules,
      by: boss,
      actor: by,
    } as const;
    expect((await engine.transact((tx) => decideRequest(tx, press))).kind).toBe('decided');
  });

  /** Cleo has approved and was no admin for a while, in which another admin approved. */
  async function returned(): Promise<{ request: AccessRequest; cleo: Person }> {
    const cleo = await engine.person({ email: 'cleo@example.com', role: 'admin' });
    await engine.person({ email: 'dan@example.com', role: 'admin' });
    const request = await ask(twoAdmins);
    await approveBy(cleo, request, twoAdmins);
    await change(cleo, { role: 'other' });
    await reevaluate({ personId: cleo.id });
    expect((await approveBy(engine.admin, request, twoAdmins)).kind).toBe('counted');
    await change(cleo, { role: 'admin' });
    told = [];
    return { request, cleo };
  }

  test('when an approval counts again, and no other is needed, nobody has to press', async () => {
    const { request, cleo } = await returned();
    await reevaluate({ personId: cleo.id });
    expect(told).toEqual(['approved']);
    const run = await engine.stores.runs.unfinished(ann.id, request.integrationId);
    expect(run?.kind).toBe('execute');
    await reevaluate({ integrationId: request.integrationId });
    expect(told).toEqual(['approved']);
  });

  test('while a third admin is left, it waits for them', async () => {
    const cleo = await engine.person({ email: 'cleo@example.com', role: 'admin' });
    await engine.person({ email: 'dan@example.com', role: 'admin' });
    const request = await ask(twoAdmins);
    await approveBy(engine.admin, request, twoAdmins);
    await change(cleo, { active: false });
    await reevaluate({ personId: cleo.id });
    expect((await engine.stores.requests.find(request.id))?.state).toBe('open');
  });

  test('what can not be granted now stays open', async () => {
    const { request } = await returned();
    const integration = present(await engine.stores.integrations.find(request.integrationId));
    // The form asks for something by now that nobody has answered.
    await engine.newManifest(integration, {
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      execute: [{ url: 'http://127.0.0.1:9/{{TEAM}}' }],
    });
    await reevaluate({ integrationId: request.integrationId });
    expect((await engine.stores.requests.find(request.id))?.state).toBe('open');
  });

  test('what has every approval and can not be granted is told to its approvers once, who approve it again or deny it', async () => {
    // Nobody else could press: both admins have approved.
    const cleo = await engine.person({ email: 'cleo@example.com', role: 'admin' });
    const request = await ask({ ...twoAdmins, approvers: { kind: 'admins' } });
    await approveBy(cleo, request, twoAdmins);
    await change(cleo, { role: 'other' });
    await reevaluate({ personId: cleo.id });
    expect((await approveBy(engine.admin, request, twoAdmins)).kind).toBe('counted');
    const integration = present(await engine.stores.integrations.find(request.integrationId));
    await engine.newManifest(integration, {
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      execute: [{ url: 'http://127.0.0.1:9/{{TEAM}}' }],
    });
    await change(cleo, { role: 'admin' });
    told = [];
    await reevaluate({ personId: cleo.id });
    await reevaluate({ personId: cleo.id });
    expect(told).toEqual(['admin asked', 'admin asked']);
    const again = await approveBy(engine.admin, request, twoAdmins);
    expect(again.kind === 'refused' && again.why).toContain('Deny this request');
    expect((await approveBy(cleo, request, twoAdmins, 'deny')).kind).toBe('decided');
    expect((await engine.stores.requests.find(request.id))?.state).toBe('denied');
    const verdicts = await engine.stores.requests.verdicts(request.id);
    expect(verdicts.map(({ verdict }) => verdict).toSorted()).toEqual(['approve', 'deny']);
  });

  test('who has approved what can not be granted is reminded of it', async () => {
    const { request, cleo } = await returned();
    const integration = present(await engine.stores.integrations.find(request.integrationId));
    await engine.newManifest(integration, {
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      execute: [{ url: 'http://127.0.0.1:9/{{TEAM}}' }],
    });
    await reevaluate({ personId: cleo.id });
    told = [];
    await tick(DAY);
    expect(told).toEqual(['admin asked', 'admin asked', 'admin asked']);
  });

  test('a new admin is asked where admins approve', async () => {
    const request = await ask({ approvers: { kind: 'admins' } });
    const cleo = await engine.person({ email: 'cleo@example.com' });
    await change(cleo, { role: 'admin' });
    await reevaluate({ personId: cleo.id });
    expect(told).toEqual(['admin asked']);
    expect(await engine.stores.requests.approvers(request.id)).toContain(cleo.id);
  });

  test('who joins the group of a stage is asked, and who leaves it is no longer', async () => {
    const isLegal = {
      field: 'department' as const,
      comparison: 'is' as const,
      not: false,
      values: ['Legal'],
    };
    const group = { matching: 'all' as const, conditions: [isLegal] };
    const members = [{ kind: 'group' as const, group }];
    const legal = { approvers: members, approvals: 1, differentPerson: false };
    const cleo = await engine.person({ email: 'cleo@example.com', department: 'Legal' });
    const dan = await engine.person({ email: 'dan@example.com', department: 'Sales' });
    const request = await ask({ ...FOR_ROUTE, route: { cases: [], stages: [legal] } });
    const approvers = () => engine.stores.requests.approvers(request.id);
    expect(await approvers()).toEqual([cleo.id]);
    for (const [person, department] of [
      [dan, 'Legal'],
      [cleo, 'Sales'],
    ] as const) {
      const details = { department };
      await engine.transact((tx) => changePerson(tx, person, { ...engine, details }));
    }
    // As a worker does it, from what the changes have queued.
    const jobs = await engine.db('jobs').where({ name: 'requests.re-evaluate' });
    for (const { payload } of jobs) await reevaluate(JSON.parse(payload as string));
    expect(await approvers()).toEqual([dan.id]);
  });

  test('what a delegate approved who has left does not count for another person who has their address now', async () => {
    const [cleo, dan] = [
      await engine.person({ email: 'cleo@example.com' }),
      await engine.person({ email: 'dan@example.com' }),
    ];
    const approvers: Policy['approvers'] = { kind: 'people', personIds: [boss.id, cleo.id] };
    const policy = { approvers, approvals: 2 };
    const request = await ask(policy);
    const delegation = { personId: boss.id, delegateId: dan.id };
    const days = { from: '2026-11-20', until: '2026-11-30' };
    await engine.transact((tx) => tx.delegations.put({ ...delegation, ...days }));
    expect((await approveBy(dan, request, policy)).kind).toBe('counted');
    await engine.transact(async (tx) => {
      await deactivate(tx, (await tx.people.find(dan.id)) ?? dan, engine);
    });
    await reevaluate({ personId: dan.id });
    expect((await approveBy(cleo, request, policy)).kind).toBe('counted');
    await tick(HOUR);
    expect((await engine.person({ email: 'dan@example.com', firstName: 'Dana' })).id).toBe(dan.id);
    await reevaluate({ personId: dan.id });
    expect((await engine.stores.requests.find(request.id))?.state).toBe('open');
    expect((await approveBy(boss, request, policy)).kind).toBe('decided');
  });

  test('another person with the address of an admin who has left, and an admin too, presses themselves', async () => {
    const dan = await engine.person({ email: 'dan@example.com', role: 'admin' });
    const request = await ask(twoAdmins);
    expect((await approveBy(dan, request, twoAdmins)).kind).toBe('counted');
    await engine.transact((tx) => deactivate(tx, dan, engine));
    await tick(HOUR);
    const dana = await engine.person({ email: 'dan@example.com', firstName: 'Dana' });
    await change(dana, { role: 'admin' });
    await reevaluate({ personId: dana.id });
    const waiting = await engine.stores.requests.approvers(request.id, { waiting: true });
    expect(waiting.toSorted()).toEqual([engine.admin.id, dana.id].toSorted());
    expect((await approveBy(dana, request, twoAdmins)).kind).toBe('counted');
    expect(await engine.stores.requests.verdicts(request.id)).toMatchObject([{ at: engine.now() }]);
    expect((await approveBy(engine.admin, request, twoAdmins)).kind).toBe('decided');
  });

  test.each([
    { change: 'the department of an admin', before: 'admin', details: { department: 'Sales' } },
    { change: 'a person into an admin', before: 'other', details: { role: 'admin' } },
  ] as const)(
    'a change of $change looks at the requests of others where it may concern them',
    async ({ before, details }) => {
      await ask({ approvers: { kind: 'admins' } });
      const cleo = await engine.person({ email: 'cleo@example.com', role: before });
      await engine.db('jobs').delete();
      await engine.transact((tx) => changePerson(tx, cleo, { ...engine, details }));
      const [job] = await engine
        .db<{ name: string; payload: string }>('jobs')
        .where({ name: 'requests.re-evaluate' });
      let evaluated = 0;
      const transact: typeof engine.transact = (work) => {
        evaluated += 1;
        return engine.transact(work);
      };
      await reevaluateRequests(JSON.parse(job?.payload ?? ''), { ...engine, transact });
      expect(evaluated).toBe(before === 'admin' ? 0 : 1);
    },
  );

  test('the open requests are re-evaluated for someone whom the configuration makes an admin', async () => {
    await engine.transact((tx) => ensureAdmins(tx, [boss.email]));
    expect(await engine.db('jobs').where({ name: 'requests.re-evaluate' })).toHaveLength(1);
  });

  test.each(['their manager', 'named'])('one who is back and is %s is asked again', async (how) => {
    const approvers: Policy['approvers'] = { kind: 'people', personIds: [boss.id] };
    const request = await ask(how === 'named' ? { approvers } : {});
    await change(boss, { active: false });
    await reevaluate({ personId: boss.id });
    told = [];
    const left = await engine.stores.people.find(boss.id);
    await engine.transact(async (tx) => {
      if (left) await reactivate(tx, left, { actor: engine.actor });
    });
    expect(await engine.db('jobs').where({ name: 'requests.re-evaluate' })).toHaveLength(1);
    await reevaluate({ personId: boss.id });
    expect(told).toEqual(['boss asked']);
    expect(await engine.stores.requests.approvers(request.id)).toEqual([boss.id]);
  });

  test('it ends when who asked leaves, or when the integration is turned off', async () => {
    const request = await ask();
    await change(ann, { active: false });
    await reevaluate({ personId: ann.id });
    expect((await engine.stores.requests.find(request.id))?.state).toBe('cancelled');
    expect(told).toEqual(['cancelled']);
  });
});

test('for four hours its approvers are reminded after four hours, admins after twelve, and it ends after 56', async () => {
  await engine.transact((tx) => ensureAdmins(tx, ['ada@example.com']));
  const request = await ask({}, 4);
  await tick(4 * HOUR - 1);
  expect(told).toEqual([]);
  await tick(1);
  expect(told).toEqual(['boss asked']);
  await tick(8 * HOUR);
  expect((await engine.stores.requests.find(request.id))?.escalatedAt).toEqual(engine.now());
  await tick(44 * HOUR);
  expect((await engine.stores.requests.find(request.id))?.state).toBe('expired');
});

test('a request whose route is damaged ends, too, when too few are left who could approve it', async () => {
  const { id } = await ask({ expireAfterDays: null });
  await engine.db('access_requests').where({ id }).update({ route: '{"kind":' });
  await tick(2 * DAY);
  expect(told).toContain('admin asked');
  expect(await engine.stores.requests.find(id)).toMatchObject({ state: 'open', route: 'unread' });
  await engine.change(engine.admin, { active: false });
  await tick(DAY);
  expect((await engine.stores.requests.find(id))?.state).toBe('cancelled');
});
