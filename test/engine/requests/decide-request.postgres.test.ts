import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { policyKey, rulesKey } from '../../../src/engine/requests/access-request.ts';
import { type DecisionResult, decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { addedPerson, requested } from '../../support/given/added.ts';
import { accessSince } from '../../support/has-access.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

test('of a hundred clicks of three approvers in two processes exactly one decides', async () => {
  const { stores, transact } = database;
  const actor = { kind: 'system' } as const;
  const person = async (email: string) => addedPerson(transact, { email });
  const ann = await person('ann@example.com');
  const approvers = [
    await person('a@example.com'),
    await person('b@example.com'),
    await person('c@example.com'),
  ];
  const policy = {
    ...defaultPolicy,
    approvers: { kind: 'people' as const, personIds: approvers.map(({ id }) => id) },
    approvals: 2,
  };
  const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com' }] });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  const integration = await transact((tx) =>
    tx.integrations.save({ ...added.integration, settings: { policy } }),
  );
  const asked = await requested(transact, { actor, requester: ann, integration });

  const second = database.connect();
  const processes = [transact, unitOfWork(second, database.vault, { now })];
  const clicks = Array.from({ length: 100 }, (_, click) => {
    const by = approvers[click % 3] ?? ann;
    const process = processes[click % 2] ?? transact;
    return process((tx) =>
      decideRequest(tx, {
        requestId: asked.id,
        verdict: click % 5 === 0 ? 'deny' : 'approve',
        rules: policyKey(policy),
        by,
        actor: { kind: 'person', personId: by.id, via: click % 2 === 0 ? 'slack' : 'teams' },
      }),
    );
  });
  const outcomes = (await Promise.all(clicks)).map(({ kind }) => kind);
  expect(outcomes.filter((kind) => kind === 'decided')).toHaveLength(1);
  // The audit log commits with the decision, so tries that were undone are not in it.
  const [audited] = [await stores.auditLog.list({ offset: 0, limit: 1000 })];
  const decisions = audited.filter(({ what }) => /^request\.(approved|denied)$/.test(what));
  expect(decisions).toHaveLength(1);
  const request = await createStores(second, database.vault).requests.find(asked.id);
  expect(request?.state).toBe(decisions[0]?.what.split('.')[1]);
  const runs = await stores.runs.unfinishedOf(ann.id);
  expect(runs).toHaveLength(request?.state === 'approved' ? 1 : 0);
});

test('of two approvals at the same moment in two processes the second counts the first', async () => {
  const { stores, transact } = database;
  const actor = { kind: 'system' } as const;
  const person = async (email: string) => addedPerson(transact, { email });
  const [ann, bo, cy] = [
    await person('ann@example.com'),
    await person('bo@example.com'),
    await person('cy@example.com'),
  ];
  const policy = {
    ...defaultPolicy,
    approvers: { kind: 'people' as const, personIds: [bo.id, cy.id] },
    approvals: 2,
  };
  const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com' }] });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  const integration = await transact((tx) =>
    tx.integrations.save({ ...added.integration, settings: { policy } }),
  );
  const asked = await requested(transact, { actor, requester: ann, integration });
  const approve = (tx: Transaction, by: Person) =>
    decideRequest(tx, {
      requestId: asked.id,
      verdict: 'approve',
      rules: policyKey(policy),
      by,
      actor: { kind: 'person', personId: by.id, via: 'slack' },
    });

  const elsewhere = unitOfWork(database.connect(), database.vault, { now });
  let second: Promise<DecisionResult> | undefined;
  const first = await transact(async (tx) => {
    const counted = await approve(tx, bo);
    second = elsewhere((other) => approve(other, cy));
    await Promise.race([untilOneWaits(database.db), second]);
    return counted;
  });
  expect([first.kind, (await second)?.kind]).toEqual(['counted', 'decided']);
  expect((await stores.requests.find(asked.id))?.state).toBe('approved');
});

test('more time that is approved in the moment in which a rule’s overlap is over is granted again', async () => {
  const { stores, transact } = database;
  const actor = { kind: 'system' } as const;
  const person = async (email: string) => addedPerson(transact, { email });
  const [ann, bo] = [await person('ann@example.com'), await person('bo@example.com')];
  const approvers = { kind: 'people' as const, personIds: [bo.id] };
  const manifest = JSON.stringify({
    execute: [{ url: 'https://api.example.com' }],
    revoke: [{ url: 'https://api.example.com', method: 'DELETE' }],
  });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  const settings = { policy: { ...defaultPolicy, approvers } };
  const integration = await transact((tx) =>
    tx.integrations.save({ ...added.integration, settings }),
  );
  const whose = { personId: ann.id, integrationId: integration.id };
  const endsAt = new Date(now().getTime() + 60_000);
  await transact(async (tx) => {
    const held = { ...whose, source: 'rule', ruleId: 'rule', ruleItemId: 'item' } as const;
    await tx.holds.insert({
      ...held,
      id: 'hold',
      version: 1,
      givenBy: actor,
      startedAt: now(),
      endsAt,
    });
    const known = accessSince(now(), { reason: 'It said so.' });
    await tx.access.put({ ...whose, ...known });
  });
  const asked = await requested(transact, { actor, requester: ann, integration });
  expect(asked.kind).toBe('extend');

  const elsewhere = unitOfWork(database.connect(), database.vault, { now });
  let approving: Promise<unknown> | undefined;
  await transact(async (tx) => {
    const cause = { kind: 'expired', id: 'hold' } as const;
    await beginRemoval(tx, { person: ann, integration, cause, actor });
    approving = elsewhere((other) =>
      decideRequest(other, {
        requestId: asked.id,
        verdict: 'approve',
        rules: rulesKey(asked, integration),
        by: bo,
        actor: { kind: 'person', personId: bo.id, via: 'slack' },
      }),
    );
    await Promise.race([untilOneWaits(database.db), approving]);
  });
  expect(await approving).toMatchObject({ kind: 'decided', request: { state: 'approved' } });
  const [run] = await stores.runs.unfinishedOf(ann.id);
  expect(run?.state).toBe('deferred'); // Behind the removal.
  const open = await stores.holds.openAt(ann.id, integration.id);
  expect(open.map(({ runId }) => runId)).toEqual([run?.id]);
});
