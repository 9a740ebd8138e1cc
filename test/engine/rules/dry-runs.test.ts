/** Pages of a dry run: everyone is evaluated once for all of them. */
import { beforeEach, expect, test } from 'vitest';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { DryRuns } from '../../../src/engine/rules/dry-runs.ts';
import type { Rule, RuleDefinition } from '../../../src/engine/rules/rule.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { isInDepartment } from './lab.ts';

let engine: TestEngine;
let evaluations: number;
let dryRuns: DryRuns;
let clock: number;

beforeEach(async () => {
  engine = await testEngine();
  evaluations = 0;
  clock = engine.now().getTime();
  await engine.person({ email: 'ann@example.com', department: 'Engineering' });
  const people: Stores['people'] = {
    ...engine.stores.people,
    activePage(afterId, limit) {
      evaluations += 1;
      return engine.stores.people.activePage(afterId, limit);
    },
  };
  const stores = { ...engine.stores, people };
  dryRuns = new DryRuns({ stores, now: () => new Date(clock), timeZone: 'UTC' });
});

const next: RuleDefinition = {
  matching: 'all',
  conditions: [isInDepartment('Engineering')],
  daysBefore: 0,
  overlapDays: 14,
  items: [{ id: 'item', integrationId: 'app' }],
};
const rule = (about: Partial<Rule> = {}): Rule => ({
  id: 'rule',
  version: 1,
  name: 'Basics',
  isOn: false,
  definition: next,
  madeBy: { kind: 'system' },
  createdAt: engine.now(),
  ...about,
});

test('the same change is evaluated once, also by two clicks at once', async () => {
  const clicks = [
    dryRuns.recent([{ rule: rule(), next }]),
    dryRuns.recent([{ rule: rule(), next }]),
  ];
  expect((await Promise.all(clicks)).map(({ gaining }) => gaining)).toEqual([1, 1]);
  expect(await dryRuns.recent([{ rule: rule(), next }])).toMatchObject({ at: engine.now() });
  expect(evaluations).toBe(1);
});

test('a rule that changed, or another change of it, is another one', async () => {
  await dryRuns.recent([{ rule: rule(), next }]);
  await dryRuns.recent([{ rule: rule({ version: 2 }), next }]);
  expect(await dryRuns.recent([{ rule: rule(), next: undefined }])).toMatchObject({ gaining: 0 });
  expect(evaluations).toBe(3);
});

test('after some minutes, and for a form that lets it count, people are evaluated as they are then', async () => {
  await dryRuns.recent([{ rule: rule(), next }]);
  await engine.person({ email: 'bo@example.com', department: 'Engineering' });
  expect(await dryRuns.recent([{ rule: rule(), next }])).toMatchObject({ gaining: 1 });
  expect(await dryRuns.fresh([{ rule: rule(), next }])).toMatchObject({ gaining: 2 });
  expect(await dryRuns.recent([{ rule: rule(), next }])).toMatchObject({ gaining: 2 });
  clock += 10 * 60_000;
  await dryRuns.recent([{ rule: rule(), next }]);
  expect(evaluations).toBe(3);
});

test('three are kept, and one that failed is not', async () => {
  const of = (id: string) => dryRuns.recent([{ rule: rule({ id }), next }]);
  for (const id of ['a', 'b', 'c', 'd', 'b', 'a']) await of(id);
  expect(evaluations).toBe(5);
  const failing = new DryRuns({
    stores: { ...engine.stores, holds: undefined } as unknown as Stores,
    now: engine.now,
    timeZone: 'UTC',
  });
  await expect(failing.recent([{ rule: rule(), next }])).rejects.toThrow('lastingOfRules');
});

test.each([
  [2, 20, false],
  [3, 20, true],
  [20, 220, false],
  [21, 220, true],
])('a change that touches %i of %i people is a large one: %s', async (touched, people, isLarge) => {
  const known = 2; // An admin, and Ann in Engineering.
  await engine.transact(async (tx) => {
    for (let n = 0; n < people - known; n += 1)
      await insertPerson(tx, {
        email: `person${n}@example.com`,
        department: n < touched - 1 ? 'Engineering' : 'Sales',
      });
  });
  const impact = await dryRuns.recent([{ rule: rule(), next }]);
  expect(impact).toMatchObject({ gaining: touched, people, isLarge });
});

test('no one gains an app that was deleted', async () => {
  const app = await engine.integration({ execute: [{ url: 'https://x.example' }] });
  const ofApp = { ...next, items: [{ id: 'item', integrationId: app.id }] };
  expect(await dryRuns.fresh([{ rule: rule(), next: ofApp }])).toMatchObject({ gaining: 1 });
  await engine.transact((tx) => tx.integrations.save({ ...app, deletedAt: tx.now }));
  expect(await dryRuns.fresh([{ rule: rule(), next: ofApp }])).toMatchObject({
    matching: 1,
    gaining: 0,
    losing: 0,
  });
});
