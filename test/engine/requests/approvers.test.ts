/** Whatever a policy says and whichever person requests: as many have to approve as it says, and none of those whom it concerns. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { type AccessRequest, policyKey } from '../../../src/engine/requests/access-request.ts';
import { approversOf } from '../../../src/engine/requests/approvers.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { type DecisionResult, decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { reevaluateRequests } from '../../../src/engine/requests/reevaluate-requests.ts';
import { defaultPolicy, type Policy } from '../../../src/engine/settings/settings.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { present } from '../../support/given/outcomes.ts';

type Memory = Pick<TestDatabase, 'stores' | 'transact'>;

const PEOPLE = 6;
const NOW = new Date('2026-11-24T09:00:00.000Z');
const someone = fc.nat({ max: PEOPLE - 1 });

const company = fc.record({
  roles: fc.array(fc.constantFrom('admin', 'other'), { minLength: PEOPLE, maxLength: PEOPLE }),
  managers: fc.array(fc.option(someone), { minLength: PEOPLE, maxLength: PEOPLE }),
  delegates: fc.array(fc.option(someone), { minLength: PEOPLE, maxLength: PEOPLE }),
  approvers: fc.oneof(
    fc.constant({ kind: 'manager' } as const),
    fc.constant({ kind: 'admins' } as const),
    fc.record({
      kind: fc.constant('people' as const),
      named: fc.array(someone, { minLength: 1, maxLength: PEOPLE }),
    }),
  ),
  approvals: fc.integer({ min: 1, max: 5 }),
  requester: someone,
  person: someone,
  /** Who presses Approve, leaves, or is made an admin, in this order. */
  happens: fc.array(
    fc.record({
      what: fc.constantFrom('press', 'press', 'press', 'leave', 'promote'),
      who: someone,
    }),
    { maxLength: 20 },
  ),
});
type Company = typeof company extends fc.Arbitrary<infer T> ? T : never;

const idOf = (n: number): string => `person-${n}`;

async function opened(
  { roles, managers, delegates, approvers, approvals, requester, person }: Company,
  memory: Memory,
): Promise<{ request: AccessRequest; integration: Integration; policy: Policy } | undefined> {
  const policy: Policy = {
    ...defaultPolicy,
    approvers:
      approvers.kind === 'people'
        ? { kind: 'people', personIds: approvers.named.map(idOf) }
        : approvers,
    approvals,
  };
  return memory.transact(async (tx) => {
    const people: Person[] = [];
    for (const [n, role] of roles.entries()) {
      const manager = managers[n];
      const one: Person = {
        id: idOf(n),
        version: 1,
        email: `${n}@example.com`,
        firstName: `P${n}`,
        lastName: 'Lee',
        role,
        active: true,
        stored: {},
        ...(manager !== null && manager !== undefined && { managerId: idOf(manager) }),
      };
      people.push(one);
      await tx.people.insert(one);
    }
    for (const [n, delegate] of delegates.entries())
      if (delegate !== null && delegate !== n)
        await tx.delegations.put({
          personId: idOf(n),
          delegateId: idOf(delegate),
          from: '2026-11-20',
          until: '2026-11-30',
        });
    // By hand, so that nothing runs when it is approved.
    const integration: Integration = {
      id: 'fernboard',
      version: 1,
      name: 'Fernboard',
      enabled: true,
      settings: { policy },
      createdAt: NOW,
    };
    await tx.integrations.insert(integration);
    const [asks, gets] = [people[requester], people[person]];
    if (!asks || !gets) throw new Error('Nobody asks');
    const asked = await createRequest(tx, {
      actor: { kind: 'person', personId: asks.id, via: 'slack' },
      requester: asks,
      person: gets,
      integration,
      content: { reason: '', form: {}, answers: [], facts: {} },
    });
    if (asked.kind === 'refused') return undefined; // Too few could approve it.
    if (asked.kind !== 'requested') throw new Error(JSON.stringify(asked));
    return { request: asked.request, integration, policy };
  });
}

async function press(
  by: Person,
  { request, policy }: { request: AccessRequest; policy: Policy },
  memory: Memory,
): Promise<DecisionResult> {
  return memory.transact((tx) =>
    decideRequest(tx, {
      requestId: request.id,
      verdict: 'approve',
      rules: policyKey(policy),
      by,
      actor: { kind: 'person', personId: by.id, via: 'slack' },
    }),
  );
}

let database: TestDatabase;
beforeAll(async () => {
  database = await temporaryDatabase(() => NOW);
});
afterAll(() => database.cleanup());

/** Each company has the database for itself: the transaction that it is in is thrown away. */
const inCompanies = (holds: (drawn: Company, memory: Memory) => Promise<void>) =>
  fc.asyncProperty(company, async (drawn) => {
    const over = new Error('This company is over');
    const work = database.transact(async (tx) => {
      await holds(drawn, { stores: tx, transact: (inner) => inner(tx) });
      throw over;
    });
    await work.catch((error: unknown) => {
      if (error !== over) throw error;
    });
  });

test('as many have to approve as the policy says, for any requester', () =>
  fc.assert(
    inCompanies(async (drawn, memory) => {
      const made = await opened(drawn, memory);
      if (!made) return;
      const { request, integration } = made;
      const at = { now: NOW, timeZone: 'UTC' };
      const { needed } = await approversOf({ request, integration }, memory.stores, at);
      expect(needed).toBe(drawn.approvals);
    }),
    { seed: 29 },
  ));

test('neither who asks nor whom it is for has a seat, nor fills one', () =>
  fc.assert(
    inCompanies(async (drawn, memory) => {
      const made = await opened(drawn, memory);
      if (!made) return;
      const { request, integration } = made;
      const at = { now: NOW, timeZone: 'UTC' };
      const { seats } = await approversOf({ request, integration }, memory.stores, at);
      const ids = seats.flatMap(({ people }) => people.map(({ id }) => id));
      expect(ids).not.toContain(request.requestedById);
      expect(ids).not.toContain(request.personId);
      const approverIds = seats.map(({ approver }) => approver.id);
      expect(new Set(approverIds).size).toBe(approverIds.length);
    }),
    { seed: 29 },
  ));

test('who may request it can wherever enough people could approve it: those named, and admins where they are too few', () =>
  fc.assert(
    inCompanies(async (drawn, memory) => {
      const made = await opened(drawn, memory);
      const { roles, managers, approvers, approvals, requester, person } = drawn;
      const admins = roles.flatMap((role, n) => (role === 'admin' ? [n] : []));
      const manager = managers[person] ?? undefined;
      const named =
        approvers.kind === 'people'
          ? approvers.named
          : approvers.kind === 'admins'
            ? admins
            : manager === undefined
              ? []
              : [manager];
      const may = (some: readonly number[]) =>
        new Set(some.filter((n) => n !== requester && n !== person));
      const can = may(named).size >= approvals ? may(named) : may([...named, ...admins]);
      const mayAsk = requester === person || manager === requester || roles[requester] === 'admin';
      expect(made !== undefined).toBe(mayAsk && can.size >= approvals);
      if (!made) return;
      const at = { now: NOW, timeZone: 'UTC' };
      const { seats } = await approversOf(made, memory.stores, at);
      expect(new Set(seats.map(({ approver }) => approver.id))).toEqual(
        new Set([...can].map(idOf)),
      );
    }),
    { seed: 29 },
  ));

test('it is approved by that many different people and no fewer, in any order of clicks, leavers and promotions', () =>
  fc.assert(
    inCompanies(async (drawn, memory) => {
      const about = await opened(drawn, memory);
      if (!about) return;
      const { stores, transact } = memory;
      for (const { what, who } of drawn.happens) {
        const person = present(await stores.people.find(idOf(who)));
        if (what === 'press') {
          if (person.active) await press(person, about, memory);
          continue;
        }
        await transact((tx) =>
          tx.people.save({
            ...person,
            ...(what === 'leave' ? { active: false } : { role: 'admin' }),
          }),
        );
        await reevaluateRequests({ personId: person.id }, { stores, transact });
      }
      const { request } = about;
      if ((await stores.requests.find(request.id))?.state !== 'approved') return;
      const verdicts = await stores.requests.verdicts(request.id);
      const by = new Set(verdicts.map(({ personId }) => personId));
      expect(by.size).toBeGreaterThanOrEqual(drawn.approvals);
      expect(by).not.toContain(request.requestedById);
      expect(by).not.toContain(request.personId);
    }),
    { numRuns: 30, seed: 29 }, // Each is some two hundred statements.
  ));
