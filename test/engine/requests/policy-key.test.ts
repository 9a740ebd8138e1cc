/** The key of the rules that an approver's card was drawn by. */
import { expect, test } from 'vitest';
import { approveRequest } from '../../../src/bots/features/requests/decide-request.ts';
import { OVERFLOW_VALUE } from '../../../src/bots/slack/limits.ts';
import { isKeyOf, policyKey, rulesKey } from '../../../src/engine/requests/access-request.ts';
import { defaultPolicy, type Policy, routeOf } from '../../../src/engine/settings/settings.ts';

const ID = '01900000-0000-7000-8000-000000000000';
const many: Policy = {
  ...defaultPolicy,
  approvers: { kind: 'people', personIds: Array.from({ length: 20 }, () => ID) },
};

test('however many approve, a menu of Slack carries the press', () => {
  const { id, payload } = approveRequest.with({ requestId: ID, rules: policyKey(many) });
  expect(`${id} ${payload}`.length).toBeLessThanOrEqual(OVERFLOW_VALUE);
});

/** Of a request that follows the policy of now, as 0.2.0 makes them. */
const isKeyBy = (policy: Policy, key: string) => isKeyOf({}, { settings: { policy } }, key);

test('it is that of these rules alone', () => {
  expect(isKeyBy(many, policyKey(many))).toBe(true);
  expect(isKeyBy(many, policyKey({ ...many, longestHours: 30 * 24 }))).toBe(false);
});

test('a request that keeps its stages keeps its key when others approve new ones', () => {
  const request = { route: { kind: 'stages' as const, stages: routeOf(many).stages } };
  const key = rulesKey(request, { settings: { policy: many } });
  const others: Policy = { ...many, approvers: { kind: 'admins' } };
  expect(isKeyOf(request, { settings: { policy: others } }, key)).toBe(true);
  expect(isKeyOf(request, { settings: { policy: others } }, policyKey(others))).toBe(false);
  const shorter = { ...many, longestHours: 24 };
  expect(isKeyOf(request, { settings: { policy: shorter } }, key)).toBe(false);
});

test('a card of 0.2.0, which has the rules themselves, still counts', () => {
  const { requesters, approvers, approvals } = many;
  const rules = (days: number | null) => JSON.stringify([requesters, approvers, approvals, days]);
  expect(isKeyBy(many, rules(null))).toBe(true);
  expect(isKeyBy({ ...many, longestHours: 30 * 24 }, rules(30))).toBe(true);
});
