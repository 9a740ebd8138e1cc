/** What the audit log says of a change: from what to what, without secrets, and not endlessly long. */
import { beforeEach, expect, test } from 'vitest';
import { changeBundle, makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { editRule, makeRule } from '../../../src/engine/rules/change-rule.ts';
import type { Condition } from '../../../src/engine/rules/condition.ts';
import { addItem, changeItem } from '../../../src/engine/sequences/change-items.ts';
import { changeSequence, makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { detailWords } from '../../../src/engine/work/audit-details.ts';
import { openExport } from '../../../src/engine/work/exports.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let app: Integration;
let by: { readonly actor: TestEngine['actor'] };
beforeEach(async () => {
  engine = await testEngine();
  app = await engine.integration({ execute: [{ url: engine.party.url }] }, {}, 'Fernboard');
  by = { actor: engine.actor };
});

async function last(what: string) {
  const page = { offset: 0, limit: 1 };
  const [entry] = await engine.stores.auditLog.list(page, { what });
  return entry?.detail;
}
const isIn = (...values: readonly string[]): Condition => ({
  field: 'department',
  comparison: values.length > 1 ? 'one-of' : 'is',
  not: false,
  values,
});
const RULE = {
  matching: 'all',
  conditions: [isIn('Sales')],
  daysBefore: 0,
  overlapDays: 14,
} as const;

test('of a rule: its conditions, its days and its apps', async () => {
  const rule = await engine.transact((tx) => makeRule(tx, { name: 'Sales', definition: RULE }, by));
  if (!rule.ok) throw new Error(rule.why);
  expect(await last('rule.made')).toMatchObject({ conditions: 'department is Sales' });
  await engine.transact((tx) =>
    editRule(tx, rule.value.id, {
      ...by,
      name: 'All sales',
      change: (was) => ({ ...was, conditions: [isIn('Sales', 'Presales')], overlapDays: 0 }),
    }),
  );
  expect(await last('rule.changed')).toEqual({
    ruleId: rule.value.id,
    rule: 'All sales',
    name: 'All sales',
    nameBefore: 'Sales',
    conditions: 'department is one of Sales, Presales',
    conditionsBefore: 'department is Sales',
    overlapDays: 0,
    overlapDaysBefore: 14,
  });
});

test('no detail grows without end', async () => {
  const many = Array.from({ length: 45 }, (_, index) => `${'Department '.repeat(9)}${index}`);
  const rule = await engine.transact((tx) => makeRule(tx, { name: 'Sales', definition: RULE }, by));
  if (!rule.ok) throw new Error(rule.why);
  await engine.transact((tx) =>
    editRule(tx, rule.value.id, {
      ...by,
      change: (was) => ({ ...was, conditions: [isIn(...many)] }),
    }),
  );
  expect(JSON.stringify(await last('rule.changed')).length).toBeLessThan(2000);
});

test('of a bundle: its words, and its apps without their answers', async () => {
  const typed = { name: 'Basics', description: 'For all', tags: '' };
  const made = ok(await engine.transact((tx) => makeBundle(tx, typed, by)));
  const { id } = made.bundle;
  const item = { integrationId: app.id, form: { ROLE: 'secret-1' }, answers: [], hours: 48 };
  await engine.transact((tx) => putItem(tx, id, { ...by, item }));
  expect(await last('bundle.changed')).toMatchObject({
    apps: 'Fernboard (2 days)',
    appsBefore: 'none',
  });
  const other = { ...item, form: { ROLE: 'secret-2' } };
  await engine.transact((tx) => putItem(tx, id, { ...by, item: other }));
  expect(await last('bundle.changed')).toMatchObject({
    apps: 'Fernboard with other answers (2 days)',
  });
  expect(JSON.stringify(await last('bundle.changed'))).not.toContain('secret');
  await engine.transact((tx) =>
    changeBundle(tx, id, { ...by, typed: { ...typed, name: 'Start' } }),
  );
  expect(await last('bundle.changed')).toMatchObject({ name: 'Start', nameBefore: 'Basics' });
});

test('of a sequence: its name and state, and when an item happens', async () => {
  const wanted = { name: 'Welcome', anchor: 'start-date', isForEveryHire: false } as const;
  const made = ok(await engine.transact((tx) => makeSequence(tx, wanted, by)));
  const { id } = made.value;
  await engine.transact((tx) => changeSequence(tx, id, { ...by, change: { isOn: false } }));
  expect(await last('sequence.changed')).toMatchObject({ on: false, onBefore: true });
  const does = { kind: 'grant', integrationId: app.id, form: {}, answers: [] } as const;
  const timing = { kind: 'on', time: '09:00' } as const;
  const item = ok(await engine.transact((tx) => addItem(tx, id, { ...by, timing, does })));
  const later = { kind: 'after', workingDays: 3, time: '10:00' } as const;
  await engine.transact((tx) => changeItem(tx, item.value, { ...by, timing: later, does }));
  expect(await last('sequence.changed')).toMatchObject({
    changed: 'grant',
    when: 'on the 3rd working day after the first day, at 10:00',
    whenBefore: 'on the first day, at 09:00',
  });
});

test('of an integration: each setting that changed, owners and who does its tasks too', async () => {
  const owner = await engine.person({ email: 'olga@example.com', firstName: 'Olga' });
  const change = {
    policy: { ...defaultPolicy, approvers: { kind: 'admins' } },
    ownerIds: [owner.id],
    assignee: { kind: 'manager' },
  } as const;
  await engine.transact((tx) =>
    changeSettings(tx, app, { ...by, change: { ...change, ownerIds: [owner.id] } }),
  );
  const detail = await last('integration.settings');
  expect(detail?.['policy']).toContain('an admin approves');
  expect(detail?.['policyBefore']).toContain('their manager approves');
  const words = detailWords({ detail: detail ?? {} });
  expect(words).toContain('without a request. Policy before: Everyone can request it;');
  expect(words).not.toMatch(/[.!?],/);
  expect(detail).toMatchObject({
    ownerIds: owner.id,
    ownerIdsBefore: '',
    assignee: 'their manager',
    assigneeBefore: 'not set',
  });
  expect(detail).not.toHaveProperty('codes');
  await engine.transact((tx) => changeSettings(tx, app, { ...by, change: { ownerIds: [] } }));
  expect(await csv()).toMatch(/owners: none, owners before: Olga Hopper <olga@example\.com>/);
});

async function csv(): Promise<string> {
  const file = await openExport(JSON.stringify({ of: 'audit', filter: {} }), {
    stores: engine.stores,
    personalData: { collect: async () => undefined },
    now: engine.now(),
    taker: engine.admin,
  });
  const lines: string[] = [];
  for await (const line of file?.lines ?? []) lines.push(String(line));
  return lines.join('');
}
