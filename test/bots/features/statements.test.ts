/** What an interaction costs the database, from the acknowledgement to the answer: a ceiling for each kind. */
import { beforeEach, expect, test } from 'vitest';
import { findEverywhere } from '../../../src/bots/features/access/discoveries.ts';
import { grantAccess } from '../../../src/bots/features/access/grant-access.ts';
import { grantBundle } from '../../../src/bots/features/bundles/grant-bundle.ts';
import { actions, cards, commands } from '../../../src/bots/features/features.ts';
import { openSentence } from '../../../src/bots/features/sentences/open-sentence.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import { storedFormSessions } from '../../../src/bots/live/form-sessions.ts';
import { identifyWith } from '../../../src/bots/live/identify.ts';
import type { StoredInbox } from '../../../src/bots/live/inbox.ts';
import { LiveMessages } from '../../../src/bots/live/live-messages.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import type { Inbound, Surface } from '../../../src/bots/view/platform.ts';
import { makeBundle, putItem } from '../../../src/engine/bundles/change-bundle.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { RecordingPlatform, type TestChat, testChat } from '../../support/chat.ts';
import { requested } from '../../support/given/added.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { idleInbox } from '../../support/inbox.ts';

const WITH_EXISTS = {
  execute: [{ url: 'https://api.example.com/u' }],
  exists: { url: 'https://api.example.com/u/{{user.email}}', method: 'GET' },
};

let chat: TestChat;
let bot: Bot<Turn>;
let inbox: StoredInbox;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  const { services } = chat;
  const { stores, now } = services;
  const onError = (error: unknown) => {
    throw error;
  };
  bot = new Bot<Turn>({
    actions,
    commands,
    meant: openSentence,
    sessions: storedFormSessions(services),
    live: new LiveMessages({ ...services, timeZone: 'UTC', cards, onError }),
    firstTime: (key) => stores.inbox.accept(key, now()),
    identify: identifyWith(services),
    onError,
  });
  inbox = idleInbox(chat);
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  for (const name of ['Fernboard', 'Gitea', 'Asana'])
    integrationId = await chat.integration(name, WITH_EXISTS);
  await say('ann@example.com', 'help'); // Links them, and stores where they write from.
  await say('ada@example.com', 'help');
});

/** The most statements from the acknowledgement to the answer. Commits aren't counted: several share one. */
const CEILINGS: Readonly<Record<string, number>> = {
  help: 3,
  runs: 4,
  requests: 5,
  tasks: 5,
  people: 5,
  integrations: 9,
  access: 24,
};

test.each(Object.entries(CEILINGS))('%s: at most %i statements', async (word, ceiling) => {
  expect(await statementsOf(() => say('ada@example.com', word))).toBeLessThanOrEqual(ceiling);
});

/** The same with very many apps: none is asked for by itself. */
const WITH_MANY_APPS: Readonly<Record<string, number>> = {
  request: 10,
  'request someone': 14,
  import: 11,
  integrations: 9,
  home: 37,
  'offboard ann': 20,
};

test.each(Object.entries(WITH_MANY_APPS))(
  '%s with 60 apps: at most %i statements',
  async (text, ceiling) => {
    for (let each = 0; each < 30; each += 1) {
      await chat.integration(`App ${each}`, {
        oauth: OAUTH,
        execute: [{ url: 'https://api.example.com/u' }],
      });
      await chat.integration(`HR ${each}`, {
        action: 'create',
        execute: [{ url: 'https://api.example.com/u', method: 'GET' }],
        data_structure: { email: 'mail' },
      });
    }
    const work = () => say('ada@example.com', text);
    expect(await statementsOf(work)).toBeLessThanOrEqual(ceiling);
  },
);

const OAUTH = {
  type: 'oauth2',
  authenticate_url: 'https://api.example.com/authorize?client_id=latchkey',
  access_token: { url: 'https://api.example.com/token', method: 'POST' },
};

test("who doesn't see everyone is no reason to look through everyone", async () => {
  const asked = await askedBy(() => say('ann@example.com', 'access Ada'));
  expect(asked.join('\n')).not.toContain('search_text like');
});

test('requests, with a full page of them: at most 8 statements', async () => {
  const { transact, stores } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  for (let n = 0; n < 9; n += 1) {
    const requester = await chat.person({ email: `p${n}@example.com` });
    await requested(transact, { requester, integration });
  }
  const work = () => say('ada@example.com', 'requests');
  expect(await statementsOf(work)).toBeLessThanOrEqual(8);
});

test('Find everywhere with 60 apps: at most 13 statements', async () => {
  for (let each = 0; each < 57; each += 1) await chat.integration(`App ${each}`, WITH_EXISTS);
  const press = () => open('ada@example.com', findEverywhere.with({}));
  expect(await statementsOf(async () => void (await press()))).toBeLessThanOrEqual(13);
  expect(await chat.services.stores.discoveries.running()).toHaveLength(60);
});

test('the audit log, with a page about many people and apps: at most 8 statements', async () => {
  for (let n = 0; n < 12; n += 1) {
    await chat.person({ email: `q${n}@example.com` });
    await chat.integration(`Q${n}`, WITH_EXISTS);
  }
  expect(await statementsOf(() => say('ada@example.com', 'audit'))).toBeLessThanOrEqual(8);
});

test('the form of a bundle of 15 apps: at most 44 statements', async () => {
  const { transact, stores } = chat.services;
  const by = { actor: { kind: 'system' } } as const;
  const text = { name: 'Basics', description: '', tags: '' };
  for (let n = 0; n < 12; n += 1) await chat.integration(`Q${n}`, WITH_EXISTS);
  const { id: bundleId } = ok(await transact((tx) => makeBundle(tx, text, by))).bundle;
  for (const { id } of await stores.integrations.list()) {
    const item = { integrationId: id, form: {}, answers: [] };
    await transact((tx) => putItem(tx, bundleId, { ...by, item }));
  }
  const versionId = (await stores.bundles.find(bundleId))?.versionId ?? '';
  const grant = grantBundle.with({ personId: ann.id, bundleId, versionId });
  const opened = async () => void (await open('ada@example.com', grant));
  expect(await statementsOf(opened)).toBeLessThanOrEqual(44);
});

/** The names are looked up by their index, however many there are: by two statements, and by one more for what is near, or two. */
const SENTENCES: Readonly<Record<string, number>> = {
  'I love Fernboard': 5,
  'I need a coffee': 16,
  'I need Fernbord': 9,
  'I need Fernboard until Friday': 18,
  'who has Fernboard?': 11,
  'Ann needs Fernboard': 17,
};

test.each(Object.entries(SENTENCES))('%s: at most %i statements', async (sentence, ceiling) => {
  await manyApps();
  const said = () => say('ada@example.com', sentence);
  expect(await statementsOf(said)).toBeLessThanOrEqual(ceiling);
});

test('a grant: at most 12 statements for its form, and 39 for what is sent', async () => {
  const grant = grantAccess.with({ personId: ann.id, integrationId });
  let session = '';
  const opened = async () => {
    session = await open('ada@example.com', grant);
  };
  expect(await statementsOf(opened)).toBeLessThanOrEqual(12);
  expect(await statementsOf(() => send('ada@example.com', grant, session))).toBeLessThanOrEqual(39);
  expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
});

/** Rows alone: nothing of them is read. */
async function manyApps(): Promise<void> {
  const found = present(await chat.services.stores.integrations.findByName('Fernboard'));
  await chat.services.transact(async (tx) => {
    for (let n = 0; n < 300; n++)
      await tx.integrations.insert({ ...found, id: `app-${n}`, name: `Forge ${n}` });
  });
}

const statementsOf = async (work: () => Promise<void>): Promise<number> =>
  (await askedBy(work)).length;

async function askedBy(work: () => Promise<void>): Promise<readonly string[]> {
  await inbox.close(); // What came before is stored.
  const asked: string[] = [];
  const note = ({ sql }: { readonly sql: string }) => {
    if (!sql.startsWith('COMMIT')) asked.push(sql);
  };
  const { db } = chat.database;
  db.on('query', note);
  await work();
  await inbox.close();
  db.off('query', note);
  return asked;
}

/** As an adapter does it: stored, acknowledged, handled, done. */
async function through(userId: string, handle: (inbound: Inbound) => Promise<void>): Promise<void> {
  const inbound = chat.inbound(userId);
  const { user, key } = inbound;
  const receipt = inbox.receive({ user, key, content: {}, withinMs: 2500 });
  await receipt.acknowledgeable;
  await handle({ ...inbound, receipt });
  receipt.end();
}

const say = (userId: string, text: string) =>
  through(userId, (inbound) => bot.command(inbound, text.split(' '), formSurface));

/** @returns the form's session */
async function open(userId: string, { id, payload }: ActionCall): Promise<string> {
  let session = '';
  const fill = async (_form: unknown, opened: string) => void (session = opened);
  const openForm = async () => ({ fill, refuse: async () => undefined });
  await through(userId, (inbound) => bot.press(inbound, { id, payload }, { ...surface, openForm }));
  return session;
}

/** What a client sends of the form: the place of the choice. */
const ONE_DAY = { days: '1' };

async function send(userId: string, call: ActionCall, session: string): Promise<void> {
  const outcome = await bot.submit(chat.inbound(userId), { call, session, raw: ONE_DAY }, surface);
  if (outcome.kind === 'closed') await outcome.after();
}

const platform = new RecordingPlatform();
const direct = { platform: 'slack', key: 'direct' } as const;
const surface: Surface = {
  toPerson: (card) => platform.send(direct, card),
  here: async (card) => void (await platform.send(direct, card)),
  replace: async () => undefined,
  openForm: () => Promise.reject(new Error('It opens no form')),
};

/** For commands that open a form. */
const formSurface: Surface = {
  ...surface,
  openForm: async () => ({ fill: async () => undefined, refuse: async () => undefined }),
};
