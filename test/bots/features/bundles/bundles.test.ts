/** Bundles as people meet them: made by admins, requested with one form, decided on one card. */
import { beforeEach, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { bundleItem } from '../../../../src/bots/features/bundles/bundle-item.ts';
import { bundleRequestRef } from '../../../../src/bots/features/bundles/bundle-ref.ts';
import { editBundle, makeBundle } from '../../../../src/bots/features/bundles/edit-bundle.ts';
import { grantBundle } from '../../../../src/bots/features/bundles/grant-bundle.ts';
import { askForBundle } from '../../../../src/bots/features/bundles/request-bundle.ts';
import { sameAs } from '../../../../src/bots/features/bundles/same-as.ts';
import { renderCard as slackCard } from '../../../../src/bots/slack/render-card.ts';
import { renderCard as teamsCard } from '../../../../src/bots/teams/render-card.ts';
import type { ActionCall } from '../../../../src/bots/view/action-call.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import { beginItems } from '../../../../src/engine/bundles/begin-items.ts';
import type { BundleItem } from '../../../../src/engine/bundles/bundle.ts';
import { MAX_ITEMS } from '../../../../src/engine/bundles/change-bundle.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { addedManual } from '../../../support/given/added.ts';
import { firstOf, ofKind, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { begunRemoval, inState } from '../../../support/removals.ts';

const manifest = {
  form: [{ id: 'ROLE', name: 'Role', type: 'choice', items: [{ id: 'r1', name: 'Reader' }] }],
  extra_user_info: [{ id: 'BOARD_NAME', name: 'Board username' }],
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}' } }],
};
const plain = { execute: [{ url: 'https://api.example.com/u' }] };

/** Of each app in a bundle. */
const DAYS = '30';

let chat: TestChat;
let ada: Clicker;
let bo: Clicker;
let ann: Clicker;
let people: Readonly<Record<'ada' | 'bo' | 'ann' | 'eve', Person>>;
let fernboard: string;

beforeEach(async () => {
  chat = await testChat();
  const add = (name: string, about: object = {}) =>
    chat.person({ email: `${name}@example.com`, firstName: name, lastName: 'Lee', ...about });
  people = {
    ada: await add('ada', { role: 'admin' }),
    bo: await add('bo'),
    ann: await add('ann', { managerEmail: 'bo@example.com' }),
    eve: await add('eve', { managerEmail: 'bo@example.com' }),
  };
  [ada, bo, ann] = ['ada', 'bo', 'ann'].map((name) => new Clicker(chat, `${name}@example.com`)) as [
    Clicker,
    Clicker,
    Clicker,
  ];
  fernboard = await chat.integration('Fernboard', manifest);
});

async function policy(integrationId: string, about: Partial<Policy>): Promise<void> {
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const settings = { policy: { ...defaultPolicy, ...about } };
    if (integration) await tx.integrations.save({ ...integration, settings });
  });
}

/** Made in chat, with these apps. @returns its id and its version of now */
async function bundle(...apps: readonly string[]) {
  await ada.sends(makeBundle.with({}), {
    name: 'Engineering basics',
    description: 'For developers.',
    tags: 'dev, code',
  });
  const { items: bundles } = await chat.services.stores.bundles.list('', { offset: 0, limit: 1 });
  const bundleId = bundles[0]?.id ?? '';
  for (const integrationId of apps)
    await ada.sends(bundleItem.with({ bundleId, integrationId }), {
      ...(integrationId === fernboard && { 'form.ROLE': 'r1' }),
      days: DAYS,
    });
  const now = await chat.services.stores.bundles.find(bundleId);
  return { bundleId, versionId: now?.versionId ?? '' };
}

const ask = (target: { bundleId: string; versionId: string }): ActionCall =>
  askForBundle.with(target);

const cardOf = async (reader: Clicker): Promise<Card> => {
  const [row] = await chat.database
    .db<{ readonly id: string }>('bundle_requests')
    .orderBy('created_at', 'desc')
    .limit(1);
  return reader.sees(bundleRequestRef(row?.id ?? ''));
};

/** What was posted to that person and isn't sent yet. */
const postedTo = async ({ id }: Person): Promise<readonly string[]> => {
  const jobs = await chat.database
    .db<{ readonly name: string; readonly payload: string }>('jobs')
    .where({ name: 'message.post' });
  return jobs
    .map(({ payload }) => JSON.parse(payload) as Posted)
    .filter(({ personId }) => personId === id)
    .map(({ card }) => card.view);
};

interface Posted {
  readonly personId: string;
  readonly card: { readonly view: string };
}

/** Of the apps in the form, in their order. */
function valuesOf({ fields }: Form): readonly string[] {
  const field = fields['apps'];
  return field && 'options' in field ? field.options.map(({ value }) => value) : [];
}

test('an admin makes a bundle in chat: its name, its apps with answers and days, their order', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await bundle(fernboard, zoom);
  const card = await ada.types('bundles', 'engineering', 'basics');
  expect(textOf(card)).toContain(
    'Engineering basics\nDescription: For developers.\nTags: dev, code',
  );
  expect(textOf(card)).toMatch(/2 apps\nFernboard · Role: Reader · 30 days[^]*Zoom · 30 days/);
  await ada.press(buttonOf(card, 'Move up'));
  expect(textOf(await ada.types('bundles', 'dev'))).toMatch(/Zoom[^]*Fernboard/);
  const list = await ada.types('bundles', 'nothing', 'like', 'it');
  expect(textOf(list)).toContain('No bundle matches "nothing like it"');
});

test('the picker offers bundles beside apps, and finds them by description and tag', async () => {
  await bundle(fernboard);
  const card = await ann.types('request');
  expect(textOf(card)).toMatch(
    /Engineering basics · For developers · 1 app: Fernboard\n\[Request…\]\nFernboard\n\[Request…\]/,
  );
  for (const words of [['code'], ['developers'], ['ENGINEERING', 'basics']]) {
    const reply = ofKind('open', await ann.writes('request', ...words));
    const form = await reply.form;
    expect('title' in form && form.title).toBe('Request Engineering basics');
  }
});

test('a bundle of which someone may request nothing is not offered', async () => {
  await policy(fernboard, { requesters: { kind: 'nobody' } });
  await bundle(fernboard);
  expect(textOf(await ann.types('request'))).toContain('There is nothing you can request');
});

test('one form asks for one reason and each fact once, and says what happens with each app', async () => {
  const [zoom, tick] = [
    await chat.integration('Zoom', plain),
    await chat.integration('Tick', plain),
  ];
  const target = await bundle(fernboard, zoom, tick);
  await policy(zoom, { approvers: { kind: 'automatic' }, longestHours: 7 * 24 });
  await policy(tick, { requesters: { kind: 'nobody' } });
  const form = await ann.opens(ask(target));
  expect(form.title).toBe('Request Engineering basics');
  expect(Object.keys(form.fields)).toEqual(['fact.BOARD_NAME', 'reason']);
  expect(introOf(form)).toMatch(
    /For developers\.\nFernboard: Role: Reader · 30 days · goes to bo Lee\nZoom: 7 days · no approval needed\nTick: .*left out\. Tick can't be requested here/,
  );
});

test('one card shows how many of the apps someone has, with a line for each', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await policy(zoom, { approvers: { kind: 'automatic' } });
  const card = await ann.gets(ask(await bundle(fernboard, zoom)), {
    'fact.BOARD_NAME': 'ann',
    reason: 'A project',
  });
  expect(card.title).toBe('Engineering basics — 0 of 2 granted');
  expect(textOf(card)).toMatch(
    /1 app is waiting for approval\. 1 app is being granted\.[^]*Reason: A project[^]*Fernboard · Role: Reader · 30 days · Waiting for bo Lee\.[^]*Zoom · 30 days · ✓ Approved automatically/,
  );
  expect(buttonsOf(card).at(-1)?.label).toBe('Withdraw');
});

test('what is granted by hand, or tried again, is not said to be being granted', async () => {
  const badge = (await addedManual(chat.services.transact, { name: 'Badge' })).id;
  const zoom = await chat.integration('Zoom', plain);
  for (const app of [badge, zoom]) await policy(app, { approvers: { kind: 'automatic' } });
  await ann.gets(ask(await bundle(badge, zoom)), { reason: 'A project' });
  await chat.services.transact(async (tx) => {
    const run = present(await tx.runs.unfinished(people.ann.id, zoom));
    const error = { code: 'no-answer', message: 'None.', step: 0 } as const;
    await tx.runs.save({ ...run, state: 'retrying', dueAt: tx.now, error });
  });
  expect(textOf(await cardOf(ann))).toContain(
    "There's a task to grant 1 app by hand. Setup of 1 app failed, and Latchkey tries again.",
  );
});

test('what an app has not confirmed is not said to have failed', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await policy(zoom, { approvers: { kind: 'automatic' } });
  await ann.gets(ask(await bundle(fernboard, zoom)), {
    'fact.BOARD_NAME': 'ann',
    reason: 'A project',
  });
  await chat.services.transact(async (tx) => {
    const run = present(await tx.runs.unfinished(people.ann.id, zoom));
    const error = { code: 'unknown-outcome', message: 'No answer.', step: 0 } as const;
    await tx.runs.save({ ...run, state: 'retrying', dueAt: tx.now, error });
  });
  const text = textOf(await cardOf(ann));
  expect(text).toContain("1 app isn't confirmed yet, and Latchkey tries again.");
  expect(text).not.toContain('Setup of 1 app failed');
});

test('why admins approve all of it is said once', async () => {
  const zoom = await chat.integration('Zoom', plain);
  const miro = await chat.integration('Miro', plain);
  await policy(miro, { approvers: { kind: 'admins' } });
  await chat.services.transact(async (tx) => {
    const { managerId: _, ...rest } = present(await tx.people.find(people.ann.id));
    await tx.people.save(rest);
  });
  const card = await ann.gets(ask(await bundle(fernboard, miro, zoom)), {
    'fact.BOARD_NAME': 'ann',
    reason: 'A project',
  });
  expect(textOf(card).match(/You have no manager/g)).toHaveLength(1);
  expect(textOf(card).match(/Waiting for ada Lee\./g)).toHaveLength(3);

  await chat.services.transact(async (tx) => {
    const { requests } = await tx.requests.list(
      { integrationId: fernboard },
      { offset: 0, limit: 1 },
    );
    await tx.requests.save({ ...firstOf(requests), state: 'withdrawn', decidedAt: tx.now });
  });
  expect(textOf(await cardOf(ann)).match(/You have no manager/g)).toHaveLength(1);
});

test('an app whose denied request is no longer kept doesn’t count as granted', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await ann.gets(ask(await bundle(fernboard, zoom)), {
    'fact.BOARD_NAME': 'ann',
    reason: 'A project',
  });
  const { db } = chat.database;
  await db('access_requests').where({ integration_id: zoom }).delete();
  expect(textOf(await cardOf(ann))).toContain(
    "Access wasn't granted. Latchkey no longer keeps why.",
  );
});

test('the approver of several apps gets one message, whose buttons decide all of them', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await ann.sends(ask(await bundle(fernboard, zoom)), { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  expect(await postedTo(people.bo)).toEqual(['bundle-request']);
  const card = await cardOf(bo);
  expect(card.title).toBe('ann Lee requests Engineering basics');
  expect(await bo.press(buttonOf(card, 'Approve all 2'))).toEqual({ kind: 'nothing' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state)).toEqual(['approved', 'approved']);
  // A second click says nothing.
  expect(await bo.press(buttonOf(card, 'Approve all 2'))).toEqual({ kind: 'nothing' });
  // She gets one when all of it is there.
  expect(await postedTo(people.ann)).toEqual([]);
});

test('of several apps, the one whose request is damaged is not approved, and that is said', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await ann.sends(ask(await bundle(fernboard, zoom)), { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  const theirs = { integration_id: zoom };
  await chat.database.db('access_requests').where(theirs).update({ content: 'damaged' });
  const said = await bo.presses(buttonOf(await cardOf(bo), 'Approve all 2'));
  expect(textOf(said)).toContain("Zoom: What was requested can't be read any more.");
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  const states = requests.map(({ integrationId, state }) => [integrationId === zoom, state]);
  expect(new Map(states as [boolean, string][])).toEqual(
    new Map([
      [false, 'approved'],
      [true, 'open'],
    ]),
  );
});

test('one app of it is denied under its own More, and the others wait on', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await ann.sends(ask(await bundle(fernboard, zoom)), { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  const card = await cardOf(bo);
  const row = card.blocks.find((block) => block.kind === 'row');
  expect(row?.more?.map(({ label }) => label)).toEqual(['Approve', 'Deny…']);
  const deny = present(row?.more?.[1]);
  await bo.sends(deny, { reason: 'Not yet' });
  const after = textOf(await cardOf(ann));
  expect(after).toMatch(/Engineering basics — 0 of 2[^]*✗ Denied by bo Lee on [^]*: "Not yet"/);
  expect(textOf(await cardOf(bo))).toContain('[Approve] [Deny…]');
});

test('who requested a bundle withdraws all of it that waits', async () => {
  const zoom = await chat.integration('Zoom', plain);
  const card = await ann.gets(ask(await bundle(fernboard, zoom)), {
    'fact.BOARD_NAME': 'ann',
    reason: 'Tea',
  });
  expect(await ann.press(buttonOf(card, 'Withdraw'))).toEqual({ kind: 'nothing' });
  // A second click says nothing to the requester, and to no one else.
  expect(await ann.press(buttonOf(card, 'Withdraw'))).toEqual({ kind: 'nothing' });
  expect((await ada.presses(buttonOf(card, 'Withdraw'))).title).toBe('This request is closed');
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state)).toEqual(['withdrawn', 'withdrawn']);
});

test('lists and Home show a bundle once, and lead to its card', async () => {
  const zoom = await chat.integration('Zoom', plain);
  await ann.sends(ask(await bundle(fernboard, zoom)), { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  const list = await bo.types('requests');
  expect(textOf(list)).toMatch(
    /To approve: 1\nann Lee: Engineering basics · granted: 0 of 2 · requested on/,
  );
  expect((await bo.presses(buttonOf(list, 'Open'))).title).toBe(
    'ann Lee requests Engineering basics',
  );
  expect(textOf(await bo.types('home'))).toMatch(
    /Needs your approval \(1\)\nann Lee requests Engineering basics\n\[View\]/,
  );
  expect(textOf(await ann.types('home'))).toContain('Engineering basics is waiting for approval');
});

test('a bundle that has changed since its form was opened is not requested', async () => {
  const call = ask(await bundle(fernboard));
  const form = await ann.opens(call);
  const zoom = await chat.integration('Zoom', plain);
  const { items: bundles } = await chat.services.stores.bundles.list('', { offset: 0, limit: 1 });
  await ada.sends(bundleItem.with({ bundleId: bundles[0]?.id ?? '', integrationId: zoom }), {});
  const reply = await ann.answersTo(form, call, { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  expect(reply.kind === 'say' && textOf(reply.card)).toContain('The bundle has changed');
  expect(await chat.database.db('bundle_requests')).toEqual([]);
});

test('who requests a bundle that nobody can approve reads which apps, and why', async () => {
  const zoom = await chat.integration('Zoom', plain);
  const target = await bundle(fernboard, zoom);
  const form = await ann.opens(ask(target));
  await policy(fernboard, {
    approvers: { kind: 'people', personIds: [people.ann.id] },
    approvals: 2,
  });
  await policy(zoom, { requesters: { kind: 'nobody' } });
  const reply = await ann.answersTo(form, ask(target), {
    'fact.BOARD_NAME': 'ann',
    reason: 'Tea',
  });
  const said = reply.kind === 'say' ? textOf(reply.card) : '';
  expect(said).toMatch(
    /^Nothing was requested\nFernboard: .* · left out\. Too few people can approve it now\..*\nZoom: .* · left out\. Zoom can't be requested here/,
  );
  expect(await chat.database.db('bundle_requests')).toEqual([]);
});

test('a manager grants a bundle from the card of a report, and the access names it', async () => {
  const badge = await addedManual(chat.services.transact);
  const zoom = await chat.integration('Zoom', plain);
  await bundle(zoom, badge.id);
  const picker = await bo.presses(buttonOf(await bo.types('grant', 'ann'), 'Bundle…'));
  const grant = buttonOf(picker, 'Grant…');
  expect(grant.does.id).toBe(grantBundle.id);
  const form = await bo.opens(grant);
  expect(introOf(form)).toMatch(
    /Zoom: 30 days · granted at once\nBadge: 30 days · someone grants it/,
  );
  expect(Object.keys(form.fields)).toEqual([]);
  const card = await bo.gets(grant);
  expect(card.title).toBe('ann Lee: Engineering basics — 0 of 2 granted');
  expect(textOf(card)).toMatch(/^Started: by bo Lee on /m);
  expect(textOf(await bo.types('access', 'ann'))).toContain('Granting…');
  expect((await chat.services.stores.holds.openOf(people.ann.id))[0]?.source).toBe('by-hand');
});

test('a bundle with what is stuck on its way out asks for the reason that its grant stores', async () => {
  const zoom = await chat.integration('Zoom', {
    ...plain,
    revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
  });
  const removal = await begunRemoval(chat, people.ann, zoom, people.ada);
  await inState(chat, removal, { state: 'stuck', why: 'It answered 500.' });
  const grant = grantBundle.with({ personId: people.ann.id, ...(await bundle(zoom)) });
  const form = await bo.opens(grant);
  expect(introOf(form)).toContain('Zoom: 30 days · granted at once, which stops its removal');
  expect(form.fields).toMatchObject({
    reason: { hint: 'Granting stops the removal. Your reason is kept in the audit log.' },
  });
  expect((await bo.answersTo(form, grant, { reason: 'She stays' })).kind).toBe('show');
  const { stores } = chat.services;
  expect(await stores.removals.open(people.ann.id, zoom)).toBeUndefined();
  expect(await stores.runs.unfinished(people.ann.id, zoom)).toMatchObject({ kind: 'execute' });
});

test('a manager grants the same as a colleague has: chooses, ticks, and sees how it goes', async () => {
  const zoom = await chat.integration('Zoom', plain);
  const { stores, now } = chat.services;
  for (const integrationId of [fernboard, zoom]) {
    await ada.sends(grantAccess.with({ personId: people.eve.id, integrationId }), {
      'form.ROLE': 'r1',
      'fact.BOARD_NAME': 'eve',
    });
    const known = accessSince(now(), {});
    await stores.access.put({ personId: people.eve.id, integrationId, ...known });
  }
  const next = await bo.sends(sameAs.with({ personId: people.ann.id }), {
    email: 'eve@example.com',
  });
  if (next.kind !== 'open') throw new Error('It opens the next form');
  const form = await next.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  expect(introOf(form)).toMatch(/Fernboard: Role: Reader · .*granted at once\nZoom: /);
  expect(introOf(form)).not.toContain('eve');
  const [ofFernboard = '', ofZoom = ''] = valuesOf(form);
  const missing = await bo.answersTo(form, next.call, { apps: [ofFernboard] });
  expect(missing).toEqual({ kind: 'invalid', errors: { 'fact.BOARD_NAME': 'Needs an answer.' } });
  const reply = await bo.answersTo(form, next.call, { apps: [ofZoom] });
  expect(reply.kind).toBe('show');
  const card = await cardOf(bo);
  expect(card.title).toBe('ann Lee: Same as eve Lee — 0 of 1 granted');
});

test('what a colleague has with other answers by now is not granted from a form that shows those before', async () => {
  const board = await chat.integration('Board', {
    ...manifest,
    extra_user_info: [],
    form: [
      {
        ...manifest.form[0],
        items: [
          { id: 'r1', name: 'Reader' },
          { id: 'r2', name: 'Owner' },
        ],
      },
    ],
  });
  const { stores, transact, now } = chat.services;
  const grant = grantAccess.with({ personId: people.eve.id, integrationId: board });
  await ada.sends(grant, { 'form.ROLE': 'r1' });
  const known = accessSince(now(), {});
  await stores.access.put({ personId: people.eve.id, integrationId: board, ...known });
  const next = await bo.sends(sameAs.with({ personId: people.ann.id }), {
    email: 'eve@example.com',
  });
  if (next.kind !== 'open') throw new Error('It opens the next form');
  const form = await next.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  expect(introOf(form)).toContain('Board: Role: Reader');
  const run = await stores.runs.unfinished(people.eve.id, board);
  await transact(async (tx) => {
    const inputs = await tx.runs.inputs(run?.id ?? '');
    await tx.runs.putInputs(run?.id ?? '', { ...inputs, form: { ROLE: 'r2' } });
  });
  const reply = await bo.answersTo(form, next.call, { apps: [...valuesOf(form)] });
  expect(JSON.stringify(reply)).toContain('What you chose has changed');
  expect(await stores.runs.unfinishedOf(people.ann.id)).toEqual([]);
});

test('a full bundle fits what both platforms take, on its own card and on the card of its request', async () => {
  const long = 'An app with a long name in this company';
  const apps: string[] = [];
  for (let count = 0; count < MAX_ITEMS; count += 1)
    apps.push(await chat.integration(`${long} ${count}`, plain));
  const target = await bundle(...apps);
  const form = await ann.opens(ask(target));
  expect(form.intro.length).toBe(MAX_ITEMS + 1);
  await ann.sends(ask(target), { reason: 'x'.repeat(2000) });
  const shown = [await cardOf(ann), await cardOf(bo), await ada.types('bundles', 'dev')];
  for (const card of shown) {
    expect(slackCard(card).length).toBe(1);
    expect(teamsCard(card, { dialogs: true }).length).toBe(1);
  }
});

test('who reads German has the card in German', async () => {
  await ann.sends(ask(await bundle(fernboard)), { 'fact.BOARD_NAME': 'ann', reason: 'Tea' });
  const german = textOf(await inLocale('de-DE', () => cardOf(bo)));
  expect(german).toMatch(/^ann Lee/);
});

test('what a colleague has may be more than a bundle: all of it is approved, or withdrawn, at once', async () => {
  const count = MAX_ITEMS + 2;
  const items: BundleItem[] = [];
  for (let n = 0; n < count; n += 1)
    items.push({ integrationId: await chat.integration(`App ${n}`, plain), form: {}, answers: [] });
  const begun = await chat.services.transact((tx) =>
    beginItems(tx, {
      actor: { kind: 'person', personId: people.ann.id, via: 'slack' },
      person: people.ann,
      by: people.ann,
      as: 'request',
      of: { kind: 'same-as', personId: people.eve.id },
      items,
      reason: 'The same work',
      facts: {},
    }),
  );
  if (begun.kind !== 'begun') throw new Error('Nothing was begun');
  const ref = bundleRequestRef(begun.bundleRequest.id);
  expect(buttonsOf(await bo.sees(ref)).map(({ label }) => label)).toContain(`Approve all ${count}`);
  await ann.press(buttonOf(await ann.sees(ref), 'Withdraw'));
  const filter = { bundleRequestId: begun.bundleRequest.id, state: 'open' } as const;
  const left = await chat.services.stores.requests.list(filter, { offset: 0, limit: 1 });
  expect(left.total).toBe(0);
});

test('a form of a bundle that was open keeps what someone else has changed meanwhile', async () => {
  const { bundleId } = await bundle();
  const edit = editBundle.with({ bundleId });
  const open = await ada.opens(edit);
  await ada.sends(edit, { description: 'For all who write code.' });
  await ada.answersTo(open, edit, { name: 'Engineering' });
  expect(await chat.services.stores.bundles.find(bundleId)).toMatchObject({
    name: 'Engineering',
    description: 'For all who write code.',
  });
});

test('the form of an app in a bundle that was open keeps what someone else has changed meanwhile', async () => {
  const { bundleId } = await bundle(fernboard);
  const edit = bundleItem.with({ bundleId, integrationId: fernboard });
  const open = await ada.opens(edit);
  await ada.sends(edit, { days: '7d' });
  await ada.answersTo(open, edit, { 'form.ROLE': 'r2' });
  expect(await itemsOf(bundleId)).toMatchObject([{ form: { ROLE: 'r2' }, hours: 7 * 24 }]);
});

test('an app that was taken out of a bundle while its form was open stays out', async () => {
  const { bundleId } = await bundle(fernboard);
  const card = await ada.types('bundles', 'engineering', 'basics');
  const edit = buttonOf(card, 'Edit…');
  const open = await ada.opens(edit);
  await ada.press(buttonOf(card, 'Remove'));
  expect(await ada.answersTo(open, edit, {})).toMatchObject({
    card: { title: 'Nothing was saved' },
  });
  expect(await itemsOf(bundleId)).toEqual([]);
});

const itemsOf = async (bundleId: string): Promise<readonly BundleItem[]> => {
  const { bundles } = chat.services.stores;
  const now = await bundles.find(bundleId);
  return (await bundles.findVersion(now?.versionId ?? ''))?.items ?? [];
};
