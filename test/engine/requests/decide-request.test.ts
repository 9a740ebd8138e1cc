import { beforeEach, describe, expect, test } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { saveManifest } from '../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import { type AccessRequest, policyKey } from '../../../src/engine/requests/access-request.ts';
import { maySeeRequest, withdrawRequest } from '../../../src/engine/requests/create-request.ts';
import { type DecisionResult, decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { cancel, fail, lease, succeed } from '../../../src/engine/runs/run.ts';
import { defaultPolicy, type Policy, policyOf } from '../../../src/engine/settings/settings.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';

const manifest = {
  form: [],
  exists: { url: 'http://127.0.0.1:9/exists', expected: '{{email}}' },
  execute: [{ url: 'http://127.0.0.1:9/add' }],
  revoke: [{ url: 'http://127.0.0.1:9/remove' }],
};

let engine: TestEngine;
let told: string[];
let boss: Person;
let ann: Person;

beforeEach(async () => {
  told = [];
  engine = await testEngine({
    async onEvent(_tx, event) {
      if (event.kind === 'approval-requested')
        told.push(...event.approverIds.map((id) => `asked ${id}`));
      if (event.kind === 'request-ended') told.push(`ended ${event.request.state}`);
      if (event.kind === 'task-opened') told.push(`task ${event.task.title}`);
    },
  });
  boss = await engine.person({ email: 'boss@example.com', firstName: 'Bo', role: 'manager' });
  ann = await engine.person({ email: 'ann@example.com', managerEmail: 'boss@example.com' });
});

async function integrationWith(policy: Partial<Policy> = {}): Promise<Integration> {
  const added = await engine.integration(manifest);
  return engine.transact((tx) =>
    tx.integrations.save({ ...added, settings: { policy: { ...defaultPolicy, ...policy } } }),
  );
}

async function ask(integration: Integration, days?: number): Promise<AccessRequest> {
  return requested(engine.transact, {
    requester: ann,
    integration,
    ...(days !== undefined && { hours: days * 24 }),
    content: { reason: 'A project' },
  });
}

async function say(
  request: AccessRequest,
  by: Person,
  verdict: 'approve' | 'deny',
  { rules, hours }: { readonly rules?: string; readonly hours?: number } = {},
): Promise<DecisionResult> {
  const integration = present(await engine.stores.integrations.find(request.integrationId));
  const what = {
    requestId: request.id,
    verdict,
    rules: rules ?? policyKey(policyOf(integration)),
    ...(hours !== undefined && { hours }),
    by,
    actor: { kind: 'person', personId: by.id, via: 'slack' } as const,
  };
  for (;;) {
    try {
      return await engine.transact((tx) => decideRequest(tx, what));
    } catch (error) {
      if (!(error instanceof StaleWrite)) throw error;
    }
  }
}

/** The run that an approval has started. */
async function endRun(
  integration: Integration,
  how: 'has failed' | 'was cancelled' | 'went through',
): Promise<void> {
  const run = await engine.stores.runs.unfinished(ann.id, integration.id);
  if (run?.state !== 'queued') throw new Error('No run waits');
  const now = engine.now();
  await engine.transact(async (tx) => {
    if (how === 'was cancelled') {
      await tx.runs.save(cancel(run, engine.actor, now));
      return;
    }
    const held = await tx.runs.save(
      lease(run, { workerId: 'worker-1', newestManifestVersionId: run.manifestVersionId }, now),
    );
    if (held.state !== 'running') throw new Error('It was leased');
    const error = { code: 'http-status', message: 'It answered 500.' } as const;
    await tx.runs.save(
      how === 'went through' ? succeed(held, now) : fail({ ...held, attempt: 2 }, error, now),
    );
  });
}

describe('asking', () => {
  test('asks the manager of whom it is for', async () => {
    await ask(await integrationWith());
    expect(told).toEqual([`asked ${boss.id}`]);
  });

  test('an automatic policy grants in the lane of those who click', async () => {
    await ask(await integrationWith({ approvers: { kind: 'automatic' } }));
    const lanes = await engine.db('jobs').where({ name: 'run.advance' }).pluck('lane');
    expect(lanes).toEqual(['interactive']);
  });

  test('an automatic policy grants at once', async () => {
    const request = await ask(await integrationWith({ approvers: { kind: 'automatic' } }));
    expect(request.state).toBe('approved');
    expect(told).toEqual(['ended approved']);
    expect(await engine.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
  });

  test('without a manager admins are asked', async () => {
    await engine.transact(async (tx) => {
      const { managerId: _, ...rest } = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save(rest);
    });
    await ask(await integrationWith());
    expect(told).toEqual([`asked ${engine.admin.id}`]);
  });

  test('a longer time than the policy allows is refused, and so is no end date', async () => {
    const integration = await integrationWith({ longestHours: 30 * 24 });
    await expect(ask(integration, 31)).rejects.toThrow('30 days at most; you requested 31');
    await expect(ask(integration)).rejects.toThrow('Choose how long you need it.');
  });

  test('only those whom the policy names may ask', async () => {
    const integration = await integrationWith({
      requesters: { kind: 'departments', departments: ['Engineering'] },
    });
    await expect(ask(integration)).rejects.toThrow('Only people in Engineering can request');
    await engine.transact(async (tx) => {
      const now = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save({ ...now, department: 'engineering ' });
    });
    expect((await ask(integration)).state).toBe('open');
  });

  test('a request is withdrawn only by the person who made it', async () => {
    const request = await ask(await integrationWith());
    const by = (person: Person) => ({
      personId: person.id,
      actor: { kind: 'person', personId: person.id, via: 'slack' } as const,
    });
    const withdraw = (person: Person) =>
      engine.transact((tx) => withdrawRequest(tx, request, by(person)));
    expect((await withdraw(boss)).kind).toBe('not-yours');
    expect((await withdraw(ann)).kind).toBe('withdrawn');
    expect((await say(request, boss, 'approve')).kind).toBe('over');
  });
});

describe('deciding', () => {
  test('a part of an hour is refused, since no run could be read that has it', async () => {
    const request = await ask(await integrationWith(), 1);
    await expect(say(request, boss, 'approve', { hours: 5.5 })).rejects.toThrow(RangeError);
    expect(await engine.stores.requests.find(request.id)).toMatchObject({ state: 'open' });
  });

  test('a part of an hour is requested and granted by nobody', async () => {
    const integration = await integrationWith();
    await expect(ask(integration, 0.7)).rejects.toThrow(RangeError);
    const wish = { person: ann, integration, form: {}, hours: 5.5, actor: engine.actor } as const;
    await expect(engine.transact((tx) => startGrant(tx, wish))).rejects.toThrow(RangeError);
  });

  test('an approval starts the run, limits the access and is an event', async () => {
    const request = await ask(await integrationWith({ longestHours: 30 * 24 }), 7);
    const decided = await say(request, boss, 'approve');
    expect(decided).toMatchObject({ kind: 'decided', request: { state: 'approved' } });
    expect(told.at(-1)).toBe('ended approved');
    const [limit] = await engine.stores.holds.openOf(ann.id);
    expect(limit?.endsAt).toEqual(new Date('2026-12-01T09:00:00.000Z'));
  });

  test('a denial keeps its reason and starts nothing', async () => {
    const request = await ask(await integrationWith());
    expect(await say(request, boss, 'deny')).toMatchObject({ request: { state: 'denied' } });
    expect(await engine.stores.runs.unfinishedOf(ann.id)).toEqual([]);
  });

  test('where the form asks for more by now, an approver reads that it has to be requested again', async () => {
    const integration = await integrationWith();
    const request = await ask(integration);
    const form = [{ id: 'licence', name: 'Licence', type: 'input' }];
    await engine.transact((tx) =>
      saveManifest(tx, integration, {
        text: JSON.stringify({ ...manifest, form }),
        actor: engine.actor,
      }),
    );
    const said = await say(request, boss, 'approve');
    expect(said.kind === 'refused' && said.why).toMatch(
      /Deny this request, and have it requested again\.$/,
    );
  });

  test('nobody decides their own request, though they are an admin', async () => {
    const request = await ask(await integrationWith({ approvers: { kind: 'admins' } }));
    await engine.transact(async (tx) => {
      const now = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save({ ...now, role: 'admin' });
    });
    expect((await say(request, ann, 'approve')).kind).toBe('own');
  });

  test('a former manager decides no more', async () => {
    const request = await ask(await integrationWith());
    await engine.transact(async (tx) => {
      const { managerId: _, ...rest } = (await tx.people.find(ann.id)) ?? ann;
      await tx.people.save(rest);
    });
    expect((await say(request, boss, 'approve')).kind).toBe('not-approver');
    expect((await say(request, engine.admin, 'approve')).kind).toBe('decided');
  });

  test('a card that was drawn by other rules decides nothing', async () => {
    const integration = await integrationWith();
    const request = await ask(integration);
    const rules = policyKey({ ...policyOf(integration), approvals: 2 });
    expect((await say(request, boss, 'approve', { rules })).kind).toBe('rules-changed');
  });

  test('two approvals are needed where the policy says so, and the one of a delegate counts for the approver', async () => {
    const cleo = await engine.person({ email: 'cleo@example.com' });
    const dan = await engine.person({ email: 'dan@example.com' });
    const request = await ask(
      await integrationWith({
        approvers: { kind: 'people', personIds: [boss.id, cleo.id] },
        approvals: 2,
      }),
    );
    await engine.transact((tx) =>
      tx.delegations.put({
        personId: cleo.id,
        delegateId: dan.id,
        from: '2026-11-20',
        until: '2026-11-30',
      }),
    );
    expect(await say(request, dan, 'approve')).toMatchObject({ kind: 'counted', missing: 1 });
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({ actor: { personId: dan.id }, detail: { forPersonId: cleo.id } });
    expect((await say(request, cleo, 'approve')).kind).toBe('filled');
    expect((await say(request, boss, 'approve')).kind).toBe('decided');
  });

  test('a delegate of two approvers, one of whom has approved, approves for the other', async () => {
    const [cleo, dan, eve] = [
      await engine.person({ email: 'cleo@example.com' }),
      await engine.person({ email: 'dan@example.com' }),
      await engine.person({ email: 'eve@example.com' }),
    ];
    const personIds = [boss.id, cleo.id, eve.id];
    const approvers = { kind: 'people', personIds } as const;
    const request = await ask(await integrationWith({ approvers, approvals: 3 }));
    for (const personId of [boss.id, cleo.id])
      await engine.transact((tx) =>
        tx.delegations.put({
          personId,
          delegateId: dan.id,
          from: '2026-11-20',
          until: '2026-11-30',
        }),
      );
    expect(await say(request, boss, 'approve')).toMatchObject({ kind: 'counted', missing: 2 });
    expect(await say(request, dan, 'approve')).toMatchObject({ kind: 'counted', missing: 1 });
    expect((await say(request, dan, 'approve')).kind).toBe('said-already'); // And fills one seat only.
    expect((await say(request, cleo, 'approve')).kind).toBe('filled');
    expect((await say(request, eve, 'approve')).kind).toBe('decided');
  });

  test.each([
    { asked: 30, longest: 10, given: 10 },
    { asked: undefined, longest: 10, given: 10 },
    { asked: 5, longest: 10, given: 5 },
  ])(
    'what was asked for $asked days is given for $given where the rules allow $longest by now',
    async ({ asked, longest, given }) => {
      const integration = await integrationWith();
      const request = await ask(integration, asked);
      await engine.transact((tx) =>
        tx.integrations.save({
          ...integration,
          settings: { policy: { ...defaultPolicy, longestHours: longest * 24 } },
        }),
      );
      expect((await say(request, boss, 'approve')).kind).toBe('decided');
      expect((await engine.stores.requests.find(request.id))?.hours).toBe(given * 24);
      const [limit] = await engine.stores.holds.openAt(ann.id, integration.id);
      const days = ((limit?.endsAt?.getTime() ?? 0) - engine.now().getTime()) / 86_400_000;
      expect(days).toBe(given);
    },
  );

  test.each(['who has left', 'an integration that is turned off'])(
    'nothing is extended for %s, in the moment before the request ends by itself',
    async (what) => {
      const integration = await integrationWith();
      await say(await ask(integration, 10), boss, 'approve');
      const before = await engine.stores.holds.openAt(ann.id, integration.id);
      const longer = await ask(integration, 10);
      expect(longer.kind).toBe('extend');
      await engine.transact(async (tx) => {
        const [person, current] = [
          await tx.people.find(ann.id),
          await tx.integrations.find(integration.id),
        ];
        if (what === 'who has left' && person) await tx.people.save({ ...person, active: false });
        else if (current) await tx.integrations.save({ ...current, enabled: false });
      });
      expect((await say(longer, boss, 'approve')).kind).toBe('refused');
      expect(await engine.stores.holds.openAt(ann.id, integration.id)).toEqual(before);
    },
  );

  test.each([
    ['has failed', 'unknown', 'grant'],
    ['was cancelled', undefined, 'grant'],
    ['went through', 'none', 'grant'],
    ['went through', 'has', 'extend'],
    ['went through', 'unknown', 'extend'],
  ] as const)(
    'where the run %s and access is %s, asking again before its end asks to %s',
    async (ended, state, kind) => {
      const integration = await integrationWith();
      await say(await ask(integration, 7), boss, 'approve');
      await endRun(integration, ended);
      if (state) {
        const known = { personId: ann.id, integrationId: integration.id, state, reason: '' };
        await engine.stores.access.put({ ...known, since: engine.now(), checkedAt: engine.now() });
      }
      const again = await ask(integration, 7);
      expect(again.kind).toBe(kind);
      await say(again, boss, 'approve');
      expect(await engine.stores.runs.unfinishedOf(ann.id)).toHaveLength(kind === 'grant' ? 1 : 0);
    },
  );

  test('an extension of access that someone revoked after the request is refused, and grants nothing', async () => {
    const integration = await integrationWith();
    await say(await ask(integration, 7), boss, 'approve');
    await endRun(integration, 'went through');
    const longer = await ask(integration, 7);
    expect(longer.kind).toBe('extend');
    engine.clock.advance(1000);
    await engine.revoke(ann, integration);
    expect(await say(longer, boss, 'approve')).toEqual({
      kind: 'refused',
      why: 'Asana was revoked from Grace Hopper after this request. Deny it; they can request the access again.',
    });
    expect(await engine.stores.holds.openAt(ann.id, integration.id)).toEqual([]);
  });

  test('an extension whose access is gone by the decision is granted again', async () => {
    const integration = await integrationWith();
    await say(await ask(integration, 7), boss, 'approve');
    const longer = await ask(integration, 7);
    expect(longer.kind).toBe('extend');
    await endRun(integration, 'has failed');
    expect((await say(longer, boss, 'approve')).kind).toBe('decided');
    expect(await engine.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
  });

  test('of a hundred Approve and Deny clicks at once exactly one decides', async () => {
    const request = await ask(await integrationWith());
    const clicks = Array.from({ length: 100 }, (_, n) =>
      say(request, boss, n % 2 === 0 ? 'approve' : 'deny'),
    );
    const outcomes = await Promise.all(clicks);
    expect(outcomes.filter(({ kind }) => kind === 'decided')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'over')).toHaveLength(99);
    expect(await engine.stores.requests.verdicts(request.id)).toHaveLength(1);
    expect(told.filter((each) => each.startsWith('ended'))).toHaveLength(1);
  });
});

test('an approval that can start nothing saves nothing that was typed, and the approval that starts it does', async () => {
  const integration = await integrationWith();
  const self = { kind: 'person', personId: ann.id, via: 'slack' } as const;
  const content = { reason: 'A project', form: {}, answers: [], facts: { GITHUB: 'annlee' } };
  const asked = await requested(engine.transact, {
    actor: self,
    requester: ann,
    integration,
    content,
  });
  const stored = async () => (await engine.stores.people.find(ann.id))?.stored;
  const form = [{ id: 'TEAM', name: 'Team', type: 'input', required: true }];
  const asking = await engine.newManifest(integration, { ...manifest, form });
  expect((await say(asked, boss, 'approve')).kind).toBe('refused');
  expect(await stored()).toEqual({});
  const { manifestVersionId } = integration;
  await engine.transact((tx) => tx.integrations.save({ ...asking, manifestVersionId }));
  expect((await say(asked, boss, 'approve')).kind).toBe('decided');
  expect(await stored()).toEqual({ GITHUB: 'annlee' });
});

test('who has left sees no request, whatever they had to do with it', async () => {
  const integration = await integrationWith();
  const request = await ask(integration);
  await say(request, boss, 'approve');
  const owner = await engine.person({ email: 'owner@example.com' });
  await engine.transact((tx) =>
    tx.integrations.save({ ...integration, settings: { ownerIds: [owner.id] } }),
  );
  const sees = (person: Person) => maySeeRequest(person, request, engine.stores);
  for (const person of [ann, boss, owner, engine.admin]) {
    expect(await sees(person)).toBe(true);
    expect(await sees({ ...person, active: false })).toBe(false);
  }
});
