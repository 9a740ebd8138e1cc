import { expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { policyInWords, policyWords } from '../../../src/engine/requests/policy-words.ts';
import type { Route, Stage } from '../../../src/engine/settings/route.ts';
import { defaultPolicy, type Policy } from '../../../src/engine/settings/settings.ts';

const names: Record<string, string> = { a: 'Ann Lee', b: 'Bo Li', c: 'Cy Roe' };
const say = (change: Partial<Policy>) =>
  policyWords({ ...defaultPolicy, ...change }, { nameOf: (id) => names[id] ?? '?' });
const first = (change: Partial<Policy>) => say(change)[0];

test('the first sentence says who may ask, who approves, and for how long', () => {
  expect(
    first({
      requesters: { kind: 'departments', departments: ['Engineering'] },
      longestHours: 30 * 24,
    }),
  ).toBe('Anyone in Engineering can request it; their manager approves; at most 30 days.');
  expect(first({})).toBe('Everyone can request it; their manager approves; no end date.');
  expect(
    first({ requesters: { kind: 'departments', departments: ['Sales', 'Legal', 'HR'] } }),
  ).toContain('Anyone in Sales, Legal or HR can request it');
});

test('every kind of approver is named, with how many of them it takes', () => {
  const people = (...personIds: string[]) => ({ kind: 'people' as const, personIds });
  expect(first({ approvers: people('a') })).toContain('; Ann Lee approves;');
  expect(first({ approvers: people('a', 'b') })).toContain('; Ann Lee or Bo Li approves;');
  expect(first({ approvers: people('a', 'b'), approvals: 2 })).toContain(
    '; Ann Lee and Bo Li approve;',
  );
  expect(first({ approvers: people('a', 'b', 'c'), approvals: 2 })).toContain(
    '; 2 of Ann Lee, Bo Li and Cy Roe approve;',
  );
  expect(first({ approvers: { kind: 'admins' } })).toContain('; an admin approves;');
  expect(first({ approvers: { kind: 'admins' }, approvals: 2 })).toContain('; 2 admins approve;');
  expect(first({ approvers: { kind: 'automatic' }, longestHours: 1 * 24 })).toBe(
    "Everyone can request it; it's approved automatically; at most 1 day.",
  );
});

const stage = (approvers: Stage['approvers'], approvals = 1, differentPerson = false): Stage => ({
  approvers,
  approvals,
  differentPerson,
});
const engineering = {
  matching: 'all' as const,
  conditions: [
    {
      field: 'department' as const,
      comparison: 'is' as const,
      not: false,
      values: ['Engineering'],
    },
  ],
};

test('stages are said in their order', () => {
  const route: Route = {
    cases: [],
    stages: [
      stage([{ kind: 'manager' }]),
      stage([{ kind: 'owners' }, { kind: 'people', personIds: ['a', 'b'] }], 2, true),
      stage([{ kind: 'group', group: engineering }]),
    ],
  };
  expect(first({ route })).toBe(
    "Everyone can request it; first their manager approves, then 2 people approve: an owner or Ann Lee or Bo Li (someone who hasn't approved it before), then someone whose department is Engineering approves; no end date.",
  );
});

test('each case is a sentence, and the last one is for all other requests', () => {
  const route: Route = {
    cases: [
      { when: [{ kind: 'check', integrationId: 'a' }], stages: [] },
      {
        when: [
          { kind: 'answer', fieldId: 'ROLE', values: ['o'], label: 'Role', labels: ['Owner'] },
          { kind: 'person', whose: 'person', group: engineering },
        ],
        stages: [stage([{ kind: 'admins' }], 2)],
      },
    ],
    stages: [stage([{ kind: 'managers-manager' }])],
  };
  expect(say({ route }).slice(0, 4)).toEqual([
    'Everyone can request it; who approves depends on other access, Role and department; no end date.',
    "If Ann Lee says they have access: it's approved automatically.",
    'Else, if Role is Owner and their department is Engineering: 2 admins approve.',
    "Else: their manager's manager approves.",
  ]);
});

test('what decides who approves is named once each, and the first four', () => {
  const asked = (label: string) => ({
    kind: 'answer' as const,
    fieldId: label,
    values: ['o'],
    label,
    labels: ['Owner'],
  });
  const both = (...labels: string[]) => ({ when: labels.map(asked), stages: [] });
  const cases = [both('Role', 'Team'), both('Role', 'Plan'), both('Region', 'Seat')];
  expect(first({ route: { cases, stages: [] } })).toContain(
    '; who approves depends on Role, Team, Plan, Region and more;',
  );
});

test('what happens without a decision is said, where there is one to wait for', () => {
  expect(say({})[1]).toBe(
    'With no decision, approvers are reminded after 1 day, admins can approve too after 3 days and the request expires after 14 days.',
  );
  expect(say({ longestHours: 4 })[1]).toBe(
    'With no decision, approvers are reminded after 4 hours, admins can approve too after 12 hours and the request expires after 2 days and 8 hours.',
  );
  const never = { remindAfterDays: null, escalateAfterDays: null, expireAfterDays: null };
  expect(say(never).join()).not.toContain('With no decision');
  expect(say({ approvers: { kind: 'automatic' } }).join()).not.toContain('With no decision');
});

test('where nobody may ask, it says who grants it', () => {
  const requesters = { kind: 'nobody' } as const;
  expect(say({ requesters })).toEqual([
    'No one can request it; admins grant it, and managers to their direct reports.',
  ]);
  expect(say({ requesters, managersGrant: false })).toEqual([
    'No one can request it; only admins grant it.',
  ]);
});

test('whom a policy names is named as they are now', async () => {
  const people = new Map<string, Pick<Person, 'id' | 'active' | 'firstName' | 'lastName'>>([
    ['a', { id: 'a', active: true, firstName: 'Ann', lastName: 'Lee' }],
    ['b', { id: 'b', active: false, firstName: 'Bo', lastName: 'Li' }],
  ]);
  const stores = {
    people: {
      findMany: async (ids: readonly string[]) => ids.flatMap((id) => people.get(id) ?? []),
    },
    integrations: { findMany: async () => [] },
  } as unknown as Pick<Stores, 'people' | 'integrations'>;
  const policy: Policy = {
    ...defaultPolicy,
    approvers: { kind: 'people', personIds: ['a', 'b', 'c'] },
  };
  const [rule] = await policyInWords(policy, stores);
  expect(rule).toContain('Ann Lee, Bo Li (has left) or a deleted person approves');
});
