/** A bundle from its making to what people have of it: versions, policies of each item, holds, decisions. */
import { beforeEach, expect, test } from 'vitest';
import {
  type Begun,
  beginItems,
  factsAsked,
  type ItemsWish,
} from '../../../src/engine/bundles/begin-items.ts';
import type { Bundle, BundleItem } from '../../../src/engine/bundles/bundle.ts';
import type { BundleRequest } from '../../../src/engine/bundles/bundle-request.ts';
import {
  deleteBundle,
  MAX_ITEMS,
  makeBundle,
  moveItem,
  putItem,
  removeItem,
} from '../../../src/engine/bundles/change-bundle.ts';
import { itemsOfColleague } from '../../../src/engine/bundles/colleague-items.ts';
import {
  type BundleDecided,
  decideBundleRequest,
  waitingFor,
  waitingKey,
} from '../../../src/engine/bundles/decide-bundle-request.ts';
import { grantItem } from '../../../src/engine/bundles/grant-item.ts';
import { itemsNow } from '../../../src/engine/bundles/progress.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { knownFacts } from '../../../src/engine/people/stored-values.ts';
import { defaultPolicy, type Policy } from '../../../src/engine/settings/settings.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { firstOf, ofKind, ok, present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
let boss: Person;
let ann: Person;
let owner: Person;

beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /users', { status: 201 });
  boss = await engine.person({ email: 'boss@example.com', firstName: 'Bo' });
  owner = await engine.person({ email: 'owner@example.com', firstName: 'Ola' });
  ann = await engine.person({ email: 'ann@example.com', managerEmail: boss.email });
});

const by = (person: Person) => ({ kind: 'person', personId: person.id, via: 'slack' }) as const;

async function app(name: string, policy: Partial<Policy> = {}): Promise<Integration> {
  const manifest = {
    form: [
      {
        id: 'ROLE',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'r1', name: 'Reader' },
          { id: 'r9', name: 'Owner', needs_approval: true },
        ],
      },
    ],
    execute: [{ url: `${engine.party.url}/users`, data: { role: '{{ROLE}}' } }],
  };
  const added = await engine.integration(manifest, {}, name);
  return engine.transact((tx) =>
    tx.integrations.save({ ...added, settings: { policy: { ...defaultPolicy, ...policy } } }),
  );
}

const item = (integration: Integration, about: Partial<BundleItem> = {}): BundleItem => ({
  integrationId: integration.id,
  form: { ROLE: 'r1' },
  answers: [{ label: 'Role', value: 'Reader' }],
  ...about,
});

const text = (name: string) => ({ name, description: 'For a team.', tags: 'dev' });

async function bundleOf(...items: readonly BundleItem[]): Promise<Bundle> {
  const made = ok(await engine.transact((tx) => makeBundle(tx, text('Basics'), engine)));
  for (const each of items)
    await engine.transact((tx) => putItem(tx, made.bundle.id, { item: each, ...engine }));
  return present(await engine.stores.bundles.find(made.bundle.id));
}

const itemsOf = async ({ id }: Bundle): Promise<readonly BundleItem[]> => {
  const bundle = await engine.stores.bundles.find(id);
  return (await engine.stores.bundles.findVersion(bundle?.versionId ?? ''))?.items ?? [];
};

async function begin(
  bundle: Bundle,
  as: 'request' | 'grant' = 'request',
  who: Person = ann,
): Promise<BundleRequest> {
  return ofKind('begun', await beginning(bundle, { as, who, reason: 'A project' })).bundleRequest;
}

interface Beginning extends Partial<Pick<ItemsWish, 'as' | 'reason' | 'facts'>> {
  readonly who?: Person;
}

async function beginning(
  bundle: Bundle,
  { as = 'request', who = ann, reason = '', facts = {} }: Beginning,
): Promise<Begun> {
  const items = await itemsOf(bundle);
  return engine.transact((tx) =>
    beginItems(tx, {
      actor: by(who),
      by: who,
      person: ann,
      as,
      of: { kind: 'bundle', bundleId: bundle.id, versionId: bundle.versionId },
      items,
      reason,
      facts,
    }),
  );
}

/** Why each app was left out, where nothing was begun. */
const whyNothing = (begun: Begun): readonly unknown[] => {
  if (begun.kind !== 'nothing') throw new Error(JSON.stringify(begun));
  return begun.planned.map(({ plan }) => (plan.kind === 'left-out' ? plan.why : plan.kind));
};

const isNothingStored = async (): Promise<void> => {
  const rows = await Promise.all(
    ['bundle_requests', 'bundle_request_items', 'access_requests'].map((table) => engine.db(table)),
  );
  expect(rows.flat()).toEqual([]);
  const entries = await engine.stores.auditLog.list({ offset: 0, limit: 100 }, {});
  expect(
    entries.filter(({ what }) => /^(?:bundle\.(?:requested|granted)|request\.made)$/.test(what)),
  ).toEqual([]);
};

const progress = async (request: BundleRequest): Promise<readonly string[]> =>
  (await itemsNow(engine.stores, request)).map(
    ({ integration, progress: how }) => `${integration.name}: ${how}`,
  );

async function decide(
  { id: bundleRequestId }: BundleRequest,
  who: Person,
  { verdict = 'approve', shown }: { verdict?: 'approve' | 'deny'; shown?: string } = {},
): Promise<BundleDecided> {
  const at = { now: engine.now(), timeZone: 'UTC' };
  const waiting = await waitingFor(engine.stores, { bundleRequestId, person: who }, at);
  return engine.transact((tx) =>
    decideBundleRequest(tx, {
      bundleRequestId,
      verdict,
      shown: shown ?? waitingKey(waiting),
      by: who,
      actor: by(who),
    }),
  );
}

test('what the apps of a bundle ask about a person is read with one statement, and in their order', async () => {
  const asking = (name: string, id: string) =>
    engine.integration(
      { extra_user_info: [{ id, name: id }], execute: [{ url: 'https://a.example' }] },
      {},
      name,
    );
  const apps = [await asking('A', 'NICK'), await asking('B', 'DESK'), await asking('C', 'NICK')];
  const planned = apps.map((integration) => ({
    item: item(integration),
    plan: { kind: 'grant', integration, needsReason: false } as const,
  }));
  let statements = 0;
  engine.db.on('query', () => (statements += 1));
  const asked = await factsAsked(engine.stores, planned);
  expect([asked.map(({ id }) => id), statements]).toEqual([['NICK', 'DESK'], 1]);
});

test('each change of the items makes a version, and those before stay', async () => {
  const [one, two] = [await app('One'), await app('Two')];
  const bundle = await bundleOf(item(one), item(two));
  await engine.transact((tx) =>
    moveItem(tx, bundle.id, { integrationId: two.id, direction: 'up', ...engine }),
  );
  const names = async () => (await itemsOf(bundle)).map(({ integrationId }) => integrationId);
  expect(await names()).toEqual([two.id, one.id]);
  await engine.transact((tx) => removeItem(tx, bundle.id, { integrationId: two.id, ...engine }));
  expect(await names()).toEqual([one.id]);
  const before = await engine.stores.bundles.findVersion(bundle.versionId);
  expect(before?.items).toEqual([item(one), item(two)]);
  expect(before?.number).toBe(3);
});

test('an app is in a bundle once: its new answers replace those before', async () => {
  const one = await app('One');
  const bundle = await bundleOf(item(one), item(one, { hours: 7 * 24 }));
  expect(await itemsOf(bundle)).toEqual([item(one, { hours: 7 * 24 })]);
});

test('a bundle has as many apps as one press can begin', async () => {
  const bundle = await bundleOf();
  for (let count = 0; count < MAX_ITEMS; count += 1) {
    const each = { integrationId: `i${count}`, form: {}, answers: [] };
    await engine.transact((tx) => putItem(tx, bundle.id, { item: each, ...engine }));
  }
  const more = { integrationId: 'more', form: {}, answers: [] };
  const put = await engine.transact((tx) => putItem(tx, bundle.id, { item: more, ...engine }));
  expect(put.ok ? '' : put.why).toMatch(/at most 20 apps/);
});

test('each policy decides its items: what needs no approval begins at once, the rest waits for its approvers', async () => {
  const bundle = await bundleOf(
    item(await app('Chat', { approvers: { kind: 'automatic' } })),
    item(await app('Code')),
    item(await app('Ledger', { approvers: { kind: 'people', personIds: [owner.id] } })),
  );
  const request = await begin(bundle);
  expect(await progress(request)).toEqual(['Chat: under-way', 'Code: waiting', 'Ledger: waiting']);
  await engine.runJobs();
  expect(await decide(request, boss)).toEqual({ kind: 'decided', refused: [] });
  await engine.runJobs();
  expect(await progress(request)).toEqual(['Chat: done', 'Code: done', 'Ledger: waiting']);
  await decide(request, owner, { verdict: 'deny' });
  expect(await progress(request)).toEqual(['Chat: done', 'Code: done', 'Ledger: over']);
});

test('each item has a request, a run and a hold of its own, and the hold names the bundle', async () => {
  const [one, two] = [await app('One'), await app('Two')];
  const bundle = await bundleOf(item(one, { hours: 30 * 24 }), item(two));
  const request = await begin(bundle);
  await decide(request, boss);
  await engine.runJobs();
  const holds = await engine.stores.holds.openOf(ann.id);
  expect(holds.map(({ source, bundleId }) => [source, bundleId])).toEqual([
    ['request', bundle.id],
    ['request', bundle.id],
  ]);
  expect(holds.map(({ endsAt }) => endsAt !== undefined)).toEqual([true, false]);
  expect(new Set(holds.map(({ runId }) => runId)).size).toBe(2);
  expect(new Set(holds.map(({ requestId }) => requestId)).size).toBe(2);
});

test('what was requested keeps its version when the bundle changes or is deleted', async () => {
  const one = await app('One');
  const bundle = await bundleOf(item(one));
  const request = await begin(bundle);
  const changed = item(one, { form: { ROLE: 'r9' }, answers: [{ label: 'Role', value: 'Owner' }] });
  await engine.transact((tx) => putItem(tx, bundle.id, { item: changed, ...engine }));
  await engine.transact((tx) => deleteBundle(tx, bundle.id, engine));
  await decide(request, boss);
  const [hold] = await engine.stores.holds.openOf(ann.id);
  expect((await engine.stores.runs.inputs(hold?.runId ?? '')).form).toEqual({ ROLE: 'r1' });
});

test('a policy that allows fewer days wins over the bundle', async () => {
  const one = await app('One', { longestHours: 7 * 24, approvers: { kind: 'automatic' } });
  await begin(await bundleOf(item(one, { hours: 30 * 24 })));
  const [hold] = await engine.stores.holds.openOf(ann.id);
  const days = ((hold?.endsAt?.getTime() ?? 0) - engine.now().getTime()) / (24 * 60 * 60_000);
  expect(days).toBe(7);
});

test('what someone has with the same answers, and what they may not request, is not begun', async () => {
  const automatic = { approvers: { kind: 'automatic' } } as const;
  const [has, closed, off, other] = [
    await app('Has', automatic),
    await app('Closed', { requesters: { kind: 'nobody' } }),
    await app('Off', automatic),
    await app('Other', automatic),
  ];
  await engine.grant(ann, has, { ROLE: 'r1' });
  await engine.granted(ann, other, { ROLE: 'r9' });
  await engine.transact((tx) => tx.integrations.save({ ...off, enabled: false }));
  const request = await begin(
    await bundleOf(...[has, closed, off, other].map((each) => item(each))),
  );
  expect(await progress(request)).toEqual([
    'Has: done',
    'Closed: over',
    'Off: over',
    'Other: under-way',
  ]);
  const items = await engine.stores.bundleRequests.items(request.id);
  expect(items.map(({ had, why }) => [had, why])).toEqual([
    [true, undefined],
    [false, "Closed can't be requested here."],
    [false, 'Off is turned off. An admin can turn it on again.'],
    [false, undefined],
  ]);
});

test('a bundle that is requested once more begins nothing, and stores nothing', async () => {
  const bundle = await bundleOf(item(await app('One')));
  await begin(bundle);
  await expect(begin(bundle)).rejects.toThrow('"kind":"nothing"');
  expect(await engine.db('bundle_requests')).toHaveLength(1);
});

test('a bundle of which nobody can approve an app stores nothing, and each app says why', async () => {
  const herself: Partial<Policy> = {
    approvers: { kind: 'people', personIds: [ann.id] },
    approvals: 2,
  };
  const [two, own] = [await app('Two', herself), await app('Own', herself)];
  const bundle = await bundleOf(item(two), item(own));
  expect(whyNothing(await beginning(bundle, { reason: 'A project' }))).toEqual([
    'Too few people can approve it now. Ask a Latchkey admin to name more approvers for Two.',
    'Too few people can approve it now. Ask a Latchkey admin to name more approvers for Own.',
  ]);
  await isNothingStored();
});

test('of a bundle, what nobody can approve is left out with its reason, and the rest is requested', async () => {
  const bundle = await bundleOf(
    item(await app('One')),
    item(await app('Own', { approvers: { kind: 'people', personIds: [ann.id] }, approvals: 2 })),
  );
  const request = await begin(bundle);
  expect(await progress(request)).toEqual(['One: waiting', 'Own: over']);
  const [, left] = await engine.stores.bundleRequests.items(request.id);
  expect(left?.why).toMatch(/^Too few people can approve it now/);
});

/** Ann has it, and it is being removed by hand. */
async function badgeBeingRemoved(): Promise<Integration> {
  const badge = await addedManual(engine.transact);
  const grant = { actor: by(boss), person: ann, integration: badge };
  await engine.transact((tx) => grantByHand(tx, grant));
  await engine.finishTask();
  await engine.revoke(ann, badge);
  await engine.runJobs();
  return badge;
}

test('a bundle that only has what is being removed is granted with a reason, and without one nothing is stored', async () => {
  const badge = await badgeBeingRemoved();
  const bundle = await bundleOf({ integrationId: badge.id, form: {}, answers: [] });
  expect(whyNothing(await beginning(bundle, { as: 'grant', who: boss }))).toEqual([
    expect.stringMatching(/^Badge is being removed .* give a reason/),
  ]);
  await isNothingStored();
  const granted = await beginning(bundle, { as: 'grant', who: boss, reason: 'She stays' });
  expect(granted.kind).toBe('begun');
});

test('facts are kept for the apps that are granted, and for no other', async () => {
  const asking = async (name: string, fact: string) =>
    engine.integration(
      {
        extra_user_info: [{ id: fact, name: fact }],
        execute: [{ url: `${engine.party.url}/users` }],
        revoke: [{ url: `${engine.party.url}/users`, method: 'DELETE' }],
      },
      {},
      name,
    );
  const [one, two] = [await asking('One', 'board'), await asking('Two', 'forge')];
  const no = { form: {}, answers: [] };
  await engine.grant(ann, two);
  await engine.revoke(ann, two);
  const removal = await engine.removal(ann, two);
  await engine.transact((tx) =>
    tx.removals.save({ ...removal, state: 'stuck', dueAt: engine.now(), why: 'It failed' }),
  );
  const bundle = await bundleOf(item(one, no), item(two, no));
  const facts = { board: 'ann-lee', forge: 'ann-forge' };
  const begun = await beginning(bundle, { as: 'grant', who: engine.admin, facts });
  expect(begun.kind).toBe('begun');
  const now = await engine.stores.people.find(ann.id);
  expect(now && knownFacts(now)).toEqual({ board: 'ann-lee' });
});

test('the card of an app whose requests changed since is not decided by', async () => {
  const bundle = await bundleOf(item(await app('One')), item(await app('Two')));
  const request = await begin(bundle);
  const at = { now: engine.now(), timeZone: 'UTC' };
  const waiting = await waitingFor(
    engine.stores,
    { bundleRequestId: request.id, person: boss },
    at,
  );
  const shown = waitingKey(waiting);
  const one = firstOf(waiting);
  const policy = { ...defaultPolicy, longestHours: 1 * 24 };
  await engine.transact((tx) => tx.integrations.save({ ...one.integration, settings: { policy } }));
  expect(await decide(request, boss, { shown })).toEqual({ kind: 'changed' });
  expect(await progress(request)).toEqual(['One: waiting', 'Two: waiting']);
});

test('nobody decides their own bundle, and nobody whom it does not wait for', async () => {
  const request = await begin(await bundleOf(item(await app('One'))));
  expect(await decide(request, ann)).toEqual({ kind: 'own' });
  expect(await decide(request, owner)).toEqual({ kind: 'nothing-waits' });
});

test('a manager grants at once what they may grant, and requests what needs approval', async () => {
  const [free, marked, admins] = [
    await app('Free'),
    await app('Marked'),
    await app('Admins', { managersGrant: false, approvers: { kind: 'admins' } }),
  ];
  const bundle = await bundleOf(
    item(free),
    item(marked, { form: { ROLE: 'r9' }, answers: [{ label: 'Role', value: 'Owner' }] }),
    item(admins),
  );
  const request = await begin(bundle, 'grant', boss);
  expect(await progress(request)).toEqual([
    'Free: under-way',
    'Marked: waiting',
    'Admins: waiting',
  ]);
  const [hold] = await engine.stores.holds.openOf(ann.id);
  expect(hold).toMatchObject({ source: 'by-hand', bundleId: bundle.id, integrationId: free.id });
});

test('a hold that a task of a bundle opens names the bundle, too', async () => {
  const badge = await addedManual(engine.transact);
  const bundle = await bundleOf({ integrationId: badge.id, form: {}, answers: [] });
  const request = await begin(bundle, 'grant', engine.admin);
  expect(await progress(request)).toEqual(['Badge: under-way']);
  await engine.finishTask();
  expect(await progress(request)).toEqual(['Badge: done']);
  const [hold] = await engine.stores.holds.openOf(ann.id);
  expect(hold).toMatchObject({ source: 'by-hand', bundleId: bundle.id });
});

test('one item is granted to a person alone, with a hold that names the bundle', async () => {
  const one = await app('One', { longestHours: 7 * 24 });
  const bundle = await bundleOf(item(one, { hours: 30 * 24 }));
  const granted = await engine.transact((tx) =>
    grantItem(tx, {
      actor: { kind: 'system' },
      person: ann,
      integration: one,
      item: item(one, { hours: 30 * 24 }),
      bundleId: bundle.id,
      source: 'by-hand',
    }),
  );
  const [hold] = await engine.stores.holds.openOf(ann.id);
  expect(granted).toEqual({ kind: 'granted', began: { runId: hold?.runId } });
  expect(hold?.bundleId).toBe(bundle.id);
  expect(hold?.endsAt).toEqual(new Date(engine.now().getTime() + 7 * 24 * 60 * 60_000));
});

test('what a colleague has comes with its answers, and without facts about the colleague', async () => {
  const one = await app('One');
  await engine.granted(boss, one, { ROLE: 'r9' });
  expect(await itemsOfColleague(engine.stores, boss)).toEqual([
    { integrationId: one.id, form: { ROLE: 'r9' }, answers: [{ label: 'Role', value: 'Owner' }] },
  ]);
  expect(await itemsOfColleague(engine.stores, ann)).toEqual([]);
});

test('what one task grants for two bundles is held by both of them', async () => {
  const badge = await addedManual(engine.transact);
  const each = { integrationId: badge.id, form: {}, answers: [] };
  const first = await bundleOf(each);
  const second = ok(await engine.transact((tx) => makeBundle(tx, text('Second'), engine)));
  await engine.transact((tx) => putItem(tx, second.bundle.id, { item: each, ...engine }));
  for (const { id } of [first, second.bundle]) {
    const bundle = await engine.stores.bundles.find(id);
    if (bundle) await begin(bundle, 'grant', boss);
  }
  await engine.finishTask();
  const holds = await engine.stores.holds.openOf(ann.id);
  expect(new Set(holds.map(({ bundleId }) => bundleId))).toEqual(
    new Set([first.id, second.bundle.id]),
  );
});
