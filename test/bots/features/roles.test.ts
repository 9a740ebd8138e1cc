/**
 * Every button that asks who someone is, and not only their role, pressed by everyone with a payload of Ann's things. The table says
 * who may change something (`w`), who only reads of her (`r`), and who gets neither (`.`). A new button without a row fails.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askForBundle } from '../../../src/bots/features/bundles/request-bundle.ts';
import { actions } from '../../../src/bots/features/features.ts';
import { askForAccess } from '../../../src/bots/features/requests/request-access.ts';
import { beginReview } from '../../../src/bots/features/reviews/review-list.ts';
import type { PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Card } from '../../../src/bots/view/card.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import { newId } from '../../../src/core/ids.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { openHold } from '../../../src/engine/access/holds.ts';
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { fail, lease } from '../../../src/engine/runs/run.ts';
import { openRevokeTask } from '../../../src/engine/tasks/manual.ts';
import { type ApiToken, expiryAfter } from '../../../src/engine/tokens/token.ts';
import { answerTo } from '../../support/card-page.ts';
import { sharedChat, type TestChat, textOf } from '../../support/chat.ts';
import { Clicker } from '../../support/clicks.ts';
import { addedManual } from '../../support/given/added.ts';
import { firstOf, ok, present } from '../../support/given/outcomes.ts';
import { begunRemoval, inState } from '../../support/removals.ts';
import { MAY } from './roles-table.ts';

const PLAY_MS = 240_000;
const SYSTEM: Actor = { kind: 'system' };
/** In the order of the table's columns. */
const WHO = [
  'emil', // an employee
  'mia', // manager of someone else
  'marco', // Ann's manager
  'olga', // an owner of Fernboard
  'otto', // an owner of another app
  'hana', // at the helpdesk
  'aud', // an auditor
  'ada', // an admin
  'ann',
] as const;

let chat: TestChat;
let things: Readonly<Record<string, unknown>>;
let others: Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const address = (name: string): string => `${name}@example.com`;
const by = (name: string): Clicker => new Clicker(chat, address(name));

beforeAll(async () => {
  chat = await sharedChat();
  ({ things, others } = await furnish());
  for (const name of WHO) await chat.turn(address(name)); // They are linked when they first write.
}, PLAY_MS);
afterAll(() => chat.cleanup());

async function furnish() {
  const { stores, transact, now } = chat.services;
  const roles = { ada: 'admin', hana: 'helpdesk', aud: 'auditor' } as const;
  const people = new Map<string, Person>();
  for (const name of ['emil', 'mia', 'marco', 'olga', 'otto', 'hana', 'aud', 'ada'] as const)
    people.set(
      name,
      await chat.person({
        email: address(name),
        firstName: name,
        role: roles[name as keyof typeof roles] ?? 'other',
      }),
    );
  const ann = await chat.person({
    email: address('ann'),
    firstName: 'Ann',
    lastName: 'Lee-4711',
    managerEmail: address('marco'),
  });
  await chat.person({ email: address('nick'), managerEmail: address('mia') });
  const app = (name: string) =>
    chat.integration(name, {
      execute: [{ url: `https://${name.toLowerCase()}.example/u` }],
      revoke: [{ url: `https://${name.toLowerCase()}.example/u`, method: 'DELETE' }],
    });
  const [fernboard, lodestone, tidebook] = [
    await app('Fernboard'),
    await app('Lodestone'),
    await app('Tidebook'),
  ];
  const own = (integrationId: string, owner: string, more = {}) =>
    transact(async (tx) => {
      const found = await tx.integrations.find(integrationId);
      const change = { ownerIds: [people.get(owner)?.id ?? ''], ...more };
      if (found) await changeSettings(tx, found, { actor: SYSTEM, change });
    });
  await own(fernboard, 'olga');
  await own(lodestone, 'otto');
  const at = { since: now(), checkedAt: now() };
  for (const integrationId of [fernboard, lodestone])
    await stores.access.put({ personId: ann.id, integrationId, state: 'has', reason: '', ...at });
  await transact(async (tx) => {
    const integration = present(await tx.integrations.find(fernboard));
    const about = {
      person: ann,
      integration,
      source: 'by-hand',
      actor: SYSTEM,
      hours: 96,
    } as const;
    await openHold(tx, about, {});
  });
  await by('ann').sends(askForAccess.with({ integrationId: fernboard }), {
    reason: 'Why-4711',
  });
  const first = { offset: 0, limit: 1 };
  const request = firstOf((await stores.requests.list({}, first)).requests);
  const app1 = present(await stores.integrations.find(fernboard));
  const questionId = 'question-1';
  await stores.questions.insert({
    id: questionId,
    requestId: request.id,
    askedById: people.get('marco')?.id ?? '',
    askedAt: now(),
    question: 'Why?',
  });
  const bundleOf = async (name: string, integrationId: string) => {
    const bundleId = await transact(async (tx) => {
      const typed = { name, description: '', tags: '' };
      const made = ok(await makeBundle(tx, typed, { actor: SYSTEM }));
      const item = { integrationId, form: {}, answers: [] };
      await putItem(tx, made.bundle.id, { item, actor: SYSTEM });
      return made.bundle.id;
    });
    return { bundleId, versionId: (await stores.bundles.find(bundleId))?.versionId ?? '' };
  };
  const { bundleId: bundle, versionId } = await bundleOf('Basics', tidebook);
  const notRequested = await bundleOf('More', await app('Rookery'));
  await by('ann').sends(askForBundle.with({ bundleId: bundle, versionId }), { reason: 'Why-4711' });
  const [asked] = await chat.database.db<{ readonly id: string }>('bundle_requests');
  const badge = await addedManual(transact);
  await transact((tx) => openRevokeTask(tx, { actor: SYSTEM, person: ann, integration: badge }));
  const removal = await begunRemoval(chat, ann, lodestone, SYSTEM);
  await inState(chat, removal, { pausedUntil: new Date(chat.clock + 24 * 60 * 60_000) });
  await by('ada').sends(beginReview.with({}));
  const runId = await transact(async (tx) => {
    const integration = present(await tx.integrations.find(tidebook));
    const started = await startGrant(tx, { actor: SYSTEM, person: ann, integration, form: {} });
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
    const newestManifestVersionId = started.run.manifestVersionId;
    const run = lease(started.run, { workerId: 'w', newestManifestVersionId }, now());
    await tx.runs.save(fail(run, { code: 'http-status', message: 'It said 403', step: 0 }, now()));
    return run.id;
  });
  const broken = { ...request, id: 'broken-1', state: 'approved' as const, decidedAt: now() };
  const { route: _route, ...taken } = broken;
  await stores.requests.insert(taken, {
    reason: 'Why-4711',
    form: {},
    answers: [],
    facts: {},
  });
  await stores.breakGlasses.insert({ requestId: broken.id, at: now(), state: 'open' });
  const claimed = { personId: ann.id, name: 'BADGE', value: '4711', at: now() };
  await stores.factClaims.put({ ...claimed, typedById: people.get('marco')?.id ?? '' });
  const token: ApiToken = {
    id: newId(),
    version: 1,
    name: 'Token-4711',
    kind: 'personal',
    ownerId: ann.id,
    scopes: ['read'],
    createdAt: now(),
    expiresAt: expiryAfter(90, now()),
  };
  await stores.apiTokens.insert(token, 'hash');
  return {
    things: {
      tokenId: token.id,
      personId: ann.id,
      colleagueId: ann.id,
      integrationId: fernboard,
      integrationIds: [fernboard],
      requestId: request.id,
      rules: rulesKey(request, app1),
      questionId,
      bundleRequestId: asked?.id ?? '',
      bundleId: bundle,
      versionId,
      reviewId: (await stores.reviews.list(first)).reviews[0]?.id ?? '',
      taskId: (await stores.tasks.list({}, first)).tasks[0]?.id ?? '',
      removalId: removal.id,
      runId,
      name: 'BADGE',
      at: now().getTime(),
      of: 'person',
      id: ann.id,
      scope: 'all',
      purpose: 'access',
      page: 0,
      text: '',
      search: '',
      left: false,
    },
    others: {
      'break-glass.ok': { requestId: broken.id },
      'break-glass.look-into': { requestId: broken.id },
      'integration.page': { purpose: 'grant' },
      'help.word': { text: 'access Ann' },
      'language.take': { language: 'en-GB' },
      'access.grant': { integrationId: tidebook },
      'bundle.ask': notRequested,
      'runs.filter': { scope: 'all' },
      'tasks.show': { scope: 'all' },
      'review.keep-page': { items: [{ personId: ann.id, integrationId: fernboard }] },
    } as Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  };
}

const callOf = (id: string): ActionCall => ({
  id,
  payload: JSON.stringify({ ...FORGED, ...things, ...others[id] }),
  opensForm: actions.find(id)?.kind === 'form',
});

const rowOf = async (id: string, before: Tables): Promise<string> => {
  const call = callOf(id);
  const answers = call.opensForm ? await answersFor(call) : undefined;
  let row = '';
  let written = await writes();
  for (const who of WHO) {
    const said = await outcome(call, who, answers);
    const after = await writes();
    const isChanged = after > written && (await restore(before));
    written = isChanged ? await writes() : after;
    row += isChanged ? 'w' : said.includes('4711') ? 'r' : '.';
  }
  return row;
};

/** How many rows this connection has written, but those of the audit log, which notes refusals. */
async function writes(): Promise<number> {
  const { db } = chat.database;
  const [counted]: { readonly n: number }[] = await db.raw(
    'select total_changes() - (select count(*) from audit_log) as n',
  );
  return counted?.n ?? 0;
}

test(
  'each is refused to whom the table refuses it, and changes nothing then',
  async () => {
    const before = await tables();
    const rows: Record<string, string> = {};
    for (const id of Object.keys(MAY)) rows[id] = await rowOf(id, before);
    expect(rows).toEqual(MAY);
  },
  PLAY_MS,
);

const SAYS_WHO_MAY =
  /^(?:You can't (?:see|retry)|No one you can view|No one reports to you).*\n.*(?:Only|see)/;

test('who may not see or retry something reads of each role that may', async () => {
  const names = { marco: 'manager', olga: 'owners', hana: 'the helpdesk', aud: 'auditors' };
  const seeing: string[] = [];
  const unnamed: string[] = [];
  for (const [id, row] of Object.entries(MAY)) {
    const said = await outcome(callOf(id), 'emil');
    if (!SAYS_WHO_MAY.test(said)) continue;
    seeing.push(id);
    for (const [who, name] of Object.entries(names))
      if (row[WHO.findIndex((each) => each === who)] !== '.' && !said.includes(name))
        unnamed.push(`${id}, ${name}: ${said}`);
  }
  expect(unnamed).toEqual([]);
  expect(seeing.length).toBeGreaterThan(13);
});

/** What no fixture of Ann's stands for. */
const FORGED = {
  deliveryId: 'forged',
  plannedId: 'forged',
  transitionId: 'forged',
  shown: 'forged',
};

type Answers = Readonly<Record<string, string | readonly string[]>>;
const ANYTHING: Answers = new Proxy({}, { get: () => 'forged' });

/** What the form holds when someone may open it, with something in each field that needs it. */
async function answersFor(call: ActionCall): Promise<Answers> {
  for (const who of [...WHO].toReversed()) {
    const form = await formOf(call, who);
    if (!form) continue;
    const initial = Object.entries(form.fields).flatMap(([name, field]) =>
      'initial' in field && field.initial !== undefined ? [[name, field.initial] as const] : [],
    );
    const typed = Object.entries(form.fields).flatMap(([name, field]) => answerTo(name, field));
    return Object.fromEntries([...initial, ...typed]);
  }
  return ANYTHING;
}

async function formOf(call: ActionCall, who: string): Promise<Form | undefined> {
  const reply = await tried(() => by(who).press(call));
  if (typeof reply === 'string' || reply.kind !== 'open') return undefined;
  const form = await reply.form;
  return 'refused' in form ? undefined : form;
}

/** Everything that they are told. */
async function outcome(call: ActionCall, who: string, answers?: Answers): Promise<string> {
  const pressed = await wordsOf(await tried(() => by(who).press(call)), who);
  if (answers === undefined) return pressed;
  const sent = await tried(() => by(who).answers(call, answers));
  return `${pressed}\n${await wordsOf(sent, who)}`;
}

/** A form whose answers don't fit it may throw: nothing may have changed then either. */
async function tried(
  work: () => Promise<PressReply | SubmitReply>,
): Promise<PressReply | SubmitReply | string> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error.message : 'It was refused';
  }
}

async function wordsOf(reply: PressReply | SubmitReply | string, who: string): Promise<string> {
  if (typeof reply === 'string') return '';
  if (reply.kind === 'open') {
    const form = await reply.form;
    return 'refused' in form ? textOf(form.refused) : JSON.stringify(form);
  }
  if (!('card' in reply)) return '';
  const card: Card = 'view' in reply.card ? await by(who).sees(reply.card) : reply.card;
  return textOf(card);
}

type Tables = ReadonlyMap<string, readonly object[]>;

/** Every table, but those that note who was refused and what was shown to whom. */
async function tables(): Promise<Tables> {
  const { db } = chat.database;
  const names = await db('sqlite_master').where({ type: 'table' }).pluck('name');
  const noted = /^(audit|sqlite_|inbox|messages|form_sessions|conversations|live_)/;
  const kept = names.map(String).filter((name) => !noted.test(name));
  const rows: [string, readonly object[]][] = [];
  for (const name of kept) rows.push([name, await db(name)]);
  return new Map(rows);
}

const differing = (before: Tables, after: Tables): readonly string[] =>
  [...after.keys()].filter(
    (name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)),
  );

/** @returns whether anything had changed */
async function restore(before: Tables): Promise<boolean> {
  const { db } = chat.database;
  const changed = differing(before, await tables());
  if (changed.length === 0) return false;
  await db.raw('PRAGMA foreign_keys = OFF');
  for (const name of changed) {
    await db(name).delete();
    for (const row of before.get(name) ?? []) await db(name).insert(row);
  }
  await db.raw('PRAGMA foreign_keys = ON');
  return true;
}
