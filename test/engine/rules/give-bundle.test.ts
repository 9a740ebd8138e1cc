/** Rules that give bundles: what they give, and what a change of the bundle does to it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bundle, BundleItem } from '../../../src/engine/bundles/bundle.ts';
import { applyDraft, discardDraft, draftOf } from '../../../src/engine/bundles/bundle-draft.ts';
import {
  changeItems,
  deleteBundle,
  makeBundle,
  moveItem,
  putItem,
  removeItem,
} from '../../../src/engine/bundles/change-bundle.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { editRule, makeRule } from '../../../src/engine/rules/change-rule.ts';
import { addBundle, removeBundle } from '../../../src/engine/rules/give-bundle.ts';
import { impactOf } from '../../../src/engine/rules/impact.ts';
import { definitionOf, draftOf as draftOfRule, type Rule } from '../../../src/engine/rules/rule.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';
import { isInDepartment, type LabApp, type RuleLab, ruleLab, valueOf } from './lab.ts';

let engine: TestEngine;
let lab: RuleLab;
let fernboard: LabApp;
let easel: LabApp;
let ann: Person;
beforeEach(async () => {
  engine = await testEngine();
  lab = await ruleLab(engine);
  fernboard = await lab.app('Fernboard');
  easel = await lab.app('Easel');
  ann = await engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    department: 'Engineering',
  });
});
afterEach(() => lab.close());

const item = ({ integration }: LabApp, form: BundleItem['form'] = {}): BundleItem => ({
  integrationId: integration.id,
  form,
  answers: [],
});

async function bundleOf(...apps: readonly LabApp[]): Promise<Bundle> {
  const text = { name: 'Starter kit', description: '', tags: '' };
  const made = ok(await engine.transact((tx) => makeBundle(tx, text, engine)));
  for (const app of apps) await put(made.bundle, app);
  return now(made.bundle);
}

const now = async ({ id }: Pick<Bundle, 'id'>): Promise<Bundle> => {
  const bundle = await engine.stores.bundles.find(id);
  if (!bundle) throw new Error(`There is no bundle ${id}`);
  return bundle;
};
const put = ({ id }: Bundle, app: LabApp, form?: BundleItem['form']) =>
  engine.transact((tx) => putItem(tx, id, { item: item(app, form), ...engine }));
const remove = ({ id }: Bundle, { integration: { id: integrationId } }: LabApp) =>
  engine.transact((tx) => removeItem(tx, id, { integrationId, ...engine }));

/** A rule that is off, for everyone in Engineering. */
async function ruleOf(bundle: Bundle, name = 'Engineering basics'): Promise<Rule> {
  const definition = {
    matching: 'all',
    conditions: [isInDepartment('Engineering')],
    daysBefore: 0,
    overlapDays: 14,
  } as const;
  const rule = valueOf(await engine.transact((tx) => makeRule(tx, { name, definition }, engine)));
  return valueOf(
    await engine.transact((tx) => addBundle(tx, rule.id, { bundleId: bundle.id, ...engine })),
  );
}

async function given(...apps: readonly LabApp[]): Promise<{ bundle: Bundle; rule: Rule }> {
  const bundle = await bundleOf(...apps);
  const rule = await ruleOf(bundle);
  await lab.on(rule);
  return { bundle, rule };
}

async function apply(bundle: Bundle): Promise<void> {
  const draft = await draftOf(engine.stores, await now(bundle));
  const seen = draft?.key ?? '';
  ok(await engine.transact((tx) => applyDraft(tx, bundle.id, { seen, ...engine })));
  await engine.runJobs();
}

const impact = async (bundle: Bundle) =>
  impactOf(engine.stores, (await draftOf(engine.stores, await now(bundle)))?.rules ?? [], {
    now: engine.now(),
    timeZone: 'UTC',
  });

const holdsOf = async ({ integration }: LabApp) =>
  engine.stores.holds.openAt(ann.id, integration.id);

test('who matches has every app of the bundle, and the holds name the rule and the bundle', async () => {
  const { bundle, rule } = await given(fernboard, easel);
  expect([...fernboard.members, ...easel.members]).toEqual([ann.email, ann.email]);
  expect(await holdsOf(easel)).toMatchObject([
    { source: 'rule', ruleId: rule.id, bundleId: bundle.id },
  ]);
});

test('an empty bundle can’t be given, and a given one doesn’t become empty', async () => {
  const bundle = await bundleOf();
  const rule = await lab.rule('Basics', [fernboard.integration]);
  const add = () =>
    engine.transact((tx) => addBundle(tx, rule.id, { bundleId: bundle.id, ...engine }));
  expect(await add()).toMatchObject({ ok: false });
  await put(bundle, easel);
  expect(await add()).toMatchObject({ ok: true });
  expect(await remove(bundle, easel)).toEqual({
    ok: false,
    why: 'The rule Basics grants this bundle, so one app has to stay. Take the bundle out of the rule first.',
  });
});

describe('a change of a bundle that a rule gives', () => {
  test('is a draft, which changes nothing until it is applied', async () => {
    const { bundle } = await given(fernboard);
    await put(bundle, easel);
    await remove(bundle, fernboard);
    await lab.days(1);
    expect([...fernboard.members, ...easel.members]).toEqual([ann.email]);
    const { versionId, draftVersionId } = await now(bundle);
    expect(versionId).toBe(bundle.versionId);
    const draft = await engine.stores.bundles.findVersion(draftVersionId ?? '');
    expect(draft?.items.map(({ integrationId }) => integrationId)).toEqual([easel.integration.id]);
  });

  test('says in its dry run who gains and who loses what', async () => {
    const { bundle } = await given(fernboard);
    await put(bundle, easel);
    await remove(bundle, fernboard);
    expect(await impact(bundle)).toMatchObject({
      gaining: 1,
      losing: 1,
      changes: [
        {
          person: { email: ann.email },
          gains: [easel.integration.id],
          loses: [fernboard.integration.id],
        },
      ],
    });
  });

  test('gives the new apps when it is applied, and what it no longer has ends after the overlap', async () => {
    const { bundle } = await given(fernboard);
    await put(bundle, easel);
    await remove(bundle, fernboard);
    await apply(bundle);
    expect([...easel.members]).toEqual([ann.email]);
    await lab.days(13);
    expect([...fernboard.members]).toEqual([ann.email]);
    await lab.days(3);
    expect([...fernboard.members]).toEqual([]);
    expect((await now(bundle)).draftVersionId).toBeUndefined();
  });

  test('leaves an app with the same answers alone, whatever its place and days', async () => {
    const { bundle } = await given(fernboard, easel);
    const before = await holdsOf(easel);
    const up = { integrationId: easel.integration.id, direction: 'up', ...engine } as const;
    await engine.transact((tx) => moveItem(tx, bundle.id, up));
    await engine.transact((tx) =>
      putItem(tx, bundle.id, { item: { ...item(easel), hours: 30 * 24 }, ...engine }),
    );
    expect((await now(bundle)).draftVersionId).toBeUndefined();
    await lab.days(1);
    expect(await holdsOf(easel)).toEqual(before);
    expect(easel.sent).toEqual(['PUT ann@example.com']);
  });

  test('grants an app with other answers, and ends the old reason', async () => {
    const { bundle } = await given(fernboard);
    await put(bundle, fernboard, { role: 'admin' });
    expect(await impact(bundle)).toMatchObject({
      gaining: 0,
      losing: 0,
      changing: 1,
      changes: [{ otherAnswers: [fernboard.integration.id], hasAlready: [], keeps: [] }],
    });
    await apply(bundle);
    expect(fernboard.sent).toEqual(['PUT ann@example.com', 'PUT ann@example.com']);
    const ends = (await holdsOf(fernboard)).map(({ endsAt }) => endsAt !== undefined);
    expect(ends).toEqual([true, false]);
  });

  test('says of an app with other answers only that, also where no one knows whether they have it', async () => {
    const { bundle } = await given(fernboard);
    await engine.db('access').update({ state: 'unknown' });
    await put(bundle, fernboard, { role: 'admin' });
    const { id } = fernboard.integration;
    expect(await impact(bundle)).toMatchObject({
      gaining: 0,
      changing: 1,
      changes: [{ gains: [], otherAnswers: [id] }],
    });
  });

  test('keeps the exceptions from an app whose answers change', async () => {
    const { bundle } = await given(fernboard, easel);
    await engine.revoke(ann, easel.integration);
    await engine.runJobs();
    await put(bundle, easel, { role: 'admin' });
    expect((await impact(bundle)).changes).toEqual([]);
    await apply(bundle);
    await lab.days(2);
    expect([...easel.members]).toEqual([]);
    expect([...fernboard.members]).toEqual([ann.email]);
  });

  test('is discarded without a trace', async () => {
    const { bundle } = await given(fernboard);
    await put(bundle, easel);
    await engine.transact((tx) => discardDraft(tx, bundle.id, engine));
    await put(bundle, easel);
    await apply(bundle);
    expect([...easel.members]).toEqual([ann.email]);
  });

  test('is an OK for what was shown: not when the draft or a rule has changed since', async () => {
    const { bundle, rule } = await given(fernboard);
    await put(bundle, easel);
    const draft = await draftOf(engine.stores, await now(bundle));
    await engine.transact((tx) => editRule(tx, rule.id, { actor: engine.actor, name: 'Other' }));
    const seen = draft?.key ?? '';
    const applied = await engine.transact((tx) => applyDraft(tx, bundle.id, { seen, ...engine }));
    expect(applied).toMatchObject({ ok: false });
  });

  test('counts at once where the rule is off, and the rule gives it when it is turned on', async () => {
    const bundle = await bundleOf(fernboard);
    const rule = await ruleOf(bundle);
    await put(bundle, easel);
    expect((await now(bundle)).draftVersionId).toBeUndefined();
    await lab.on(rule);
    expect([...easel.members]).toEqual([ann.email]);
  });

  test('reaches a rule’s own draft, too', async () => {
    const { bundle, rule } = await given(fernboard);
    await engine.transact((tx) =>
      editRule(tx, rule.id, {
        actor: engine.actor,
        change: (definition) => ({ ...definition, overlapDays: 3 }),
      }),
    );
    await put(bundle, easel);
    await apply(bundle);
    await lab.on(rule);
    expect(await lab.lasting(ann)).toEqual([fernboard.integration.id, easel.integration.id]);
  });
});

test('two rules that give one app by a bundle and by itself: it stays until the last one ends', async () => {
  const { bundle, rule } = await given(fernboard);
  await lab.rule('Others', [fernboard.integration]);
  expect(await holdsOf(fernboard)).toHaveLength(2);
  await engine.transact((tx) => removeBundle(tx, rule.id, { bundleId: bundle.id, ...engine }));
  await lab.edit(rule, ({ items, ...rest }) => ({
    ...rest,
    items: [...items, { id: 'none', integrationId: easel.integration.id }],
  }));
  await lab.days(16);
  expect([...fernboard.members]).toEqual([ann.email]);
  expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  expect(await holdsOf(fernboard)).toHaveLength(1);
});

test('a rule that can no longer be read keeps what is stored of it when its bundle changes', async () => {
  const { bundle } = await given(fernboard);
  const damaged = `[{"bundleId":"${bundle.id}"`;
  await engine.db('rules').update({ definition: damaged });
  const items = () => engine.db('rule_items').pluck('id');
  const before = await items();
  await put(bundle, easel);
  expect(await engine.db('rules').pluck('definition')).toEqual([damaged]);
  expect(await items()).toEqual(before);
});

test('a bundle that comes back into the draft of its rule changes nothing', async () => {
  const { bundle, rule } = await given(fernboard);
  const about = { bundleId: bundle.id, ...engine };
  await engine.transact((tx) => removeBundle(tx, rule.id, about));
  const back = valueOf(await engine.transact((tx) => addBundle(tx, rule.id, about)));
  expect(draftOfRule(back)?.items).toEqual(definitionOf(rule).items);
});

test('a bundle that rules give isn’t deleted, and the sentence names them', async () => {
  const bundle = await bundleOf(fernboard);
  const rule = await ruleOf(bundle, 'Berlin');
  await ruleOf(bundle, 'Oslo');
  const del = () => engine.transact((tx) => deleteBundle(tx, bundle.id, engine));
  expect(await del()).toEqual({
    ok: false,
    why: 'The rules Berlin, Oslo grant Starter kit. Take the bundle out of them, then delete it.',
  });
  const oslo = await engine.stores.rules.findByName('Oslo');
  for (const each of [rule, oslo])
    await engine.transact((tx) =>
      removeBundle(tx, each?.id ?? '', { bundleId: bundle.id, ...engine }),
    );
  expect(await del()).toMatchObject({ ok: true });
});

test('requests name the version that they were made with, not the draft', async () => {
  const { bundle } = await given(fernboard);
  await engine.transact((tx) =>
    changeItems(tx, bundle.id, { actor: engine.actor, change: () => [item(easel)] }),
  );
  const { items } = (await engine.stores.bundles.findVersion((await now(bundle)).versionId)) ?? {};
  expect(
    items?.map(({ integrationId }: Pick<BundleItem, 'integrationId'>) => integrationId),
  ).toEqual([fernboard.integration.id] satisfies readonly Integration['id'][]);
});
