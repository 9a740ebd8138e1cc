import { beforeEach, describe, expect, test, vi } from 'vitest';
import { turnRemovalsPage } from '../../../../src/bots/features/access/removal-list.ts';
import { cards } from '../../../../src/bots/features/features.ts';
import { pinnedHome } from '../../../../src/bots/features/home/home.ts';
import { homeDay } from '../../../../src/bots/features/home/home-day.ts';
import { turnUnsentPage } from '../../../../src/bots/features/messages/unsent-messages.ts';
import { offboardingCard } from '../../../../src/bots/features/offboarding/offboarding-card.ts';
import { personCard } from '../../../../src/bots/features/people/person-card.ts';
import { withdrawOwnRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { LiveMessages } from '../../../../src/bots/live/live-messages.ts';
import { MessageSender } from '../../../../src/bots/live/message-sender.ts';
import { renderHome } from '../../../../src/bots/slack/home.ts';
import { renderCard } from '../../../../src/bots/teams/render-card.ts';
import { saidElsewhere } from '../../../../src/bots/view/home.ts';
import { newId } from '../../../../src/core/ids.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { ImportProgress } from '../../../../src/engine/imports/file-import.ts';
import { startSync } from '../../../../src/engine/imports/start-sync.ts';
import type { Delivery } from '../../../../src/engine/messages/delivery.ts';
import { changePerson, deactivate } from '../../../../src/engine/people/change-person.ts';
import { fullName, type Person } from '../../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../../src/engine/ports/jobs.ts';
import type { Transaction } from '../../../../src/engine/ports/unit-of-work.ts';
import type { RunError } from '../../../../src/engine/runs/run.ts';
import { RecordingPlatform, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, ofKind, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { begunRemoval, inState } from '../../../support/removals.ts';
import { checkHome, type DoubleBlock } from '../../../support/slack-double/block-kit.ts';
import { readable } from '../../../support/slack-double/readable.ts';
import { bossAndAnn } from '../../../support/team.ts';
import { fire } from '../../../support/tick.ts';

const SYSTEM = { kind: 'system' } as const;

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

const WITH_SECRET = {
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  execute: [{ url: 'https://api.example.com/u' }],
};
/** As when a newer manifest asks for more than was entered. */
const loseSecrets = (id: string) => chat.services.transact((tx) => tx.secrets.delete(id, 'TOKEN'));

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  integrationId = await chat.integration('Fernboard', WITH_SECRET, { TOKEN: 't' });
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { reason: 'A project' }, await chat.turn(ann.email));
});

const homeCard = ({ id: personId, email }: Person) =>
  new Clicker(chat, email).sees(pinnedHome.with({ personId }));
const homeOf = async (person: Person) => textOf(await homeCard(person));

test('an approver sees what waits for them, and their reports', async () => {
  const text = await homeOf(boss);
  expect(text).toContain('Needs your approval (1)');
  expect(text).toContain('Ann Lee requests Fernboard');
  expect(text).toContain('Your reports (1)');
});

test('Home, and who may do something for others, is known without reading all reports', async () => {
  const reads = vi.spyOn(chat.services.stores.people, 'reportsOf');
  const clicker = new Clicker(chat, boss.email);
  await homeCard(boss);
  for (const words of [['give', 'back', 'nothing'], ['request'], ['tasks'], ['activity'], ['help']])
    await clicker.types(...words);
  await clicker.sees(personCard.with({ personId: boss.id }));
  expect(reads).not.toHaveBeenCalled();
});

test('Home names ten of many apps that its reader has, and counts the others', async () => {
  const { stores, now } = chat.services;
  for (let n = 1; n <= 37; n++) {
    const name = `App ${n}`;
    const app = await chat.integration(name, { execute: [{ url: 'https://api.example.com/u' }] });
    const key = { personId: ann.id, integrationId: app } as const;
    await stores.access.put(accessSince(now(), key));
  }
  expect(await homeOf(ann)).toMatch(/Your access · (App \d+, ){9}App \d+ and 27 more\./);
});

test('Home leads to everything else that its reader can do', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  for (const reader of [ann, admin]) {
    const button = buttonOf(await homeCard(reader), 'What I can do');
    const help = await new Clicker(chat, reader.email).presses(button);
    expect(textOf(help)).toMatch(/^What I can do\n/);
  }
});

test('the only admin whose last day is over reads that they stay, and what to do', async () => {
  const ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  const offboardingId = newId();
  await chat.services.transact((tx) =>
    tx.offboardings.insert({
      id: offboardingId,
      version: 1,
      personId: ada.id,
      state: 'planned',
      endDate: '2026-11-24',
      createdAt: tx.now,
    }),
  );
  const why = 'is the only admin. Make someone else an admin.';
  expect(await homeOf(ada)).toContain(`Ada should have left on 24 Nov 2026, but ${why}`);
  const card = await new Clicker(chat, ada.email).sees(
    offboardingCard.with({ offboardingId, page: 0 }),
  );
  expect(textOf(card)).toContain('they keep everything until someone else is an admin');
  await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'admin' });
  expect(await homeOf(ada)).toContain('Ada on 24 Nov 2026');
});

test('an approver approves from Home, where the row says everything', async () => {
  const clicker = new Clicker(chat, boss.email);
  const card = await homeCard(boss);
  expect(textOf(card)).toContain(
    'Ann Lee requests Fernboard · no end date · Reason: A project\n[Approve] [Deny…] [View]',
  );
  await clicker.press(buttonOf(card, 'Approve'));
  expect(await homeOf(boss)).not.toContain('Needs your approval');
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state)).toEqual(['approved']);
});

test('a request whose text can not be read stays on Home, and is denied on its card', async () => {
  await chat.database.db('access_requests').update({ content: 'damaged' });
  const clicker = new Clicker(chat, boss.email);
  const card = await homeCard(boss);
  expect(textOf(card)).toContain('Ann Lee requests Fernboard\n[View]');
  const opened = await clicker.presses(buttonOf(card, 'View'));
  expect(textOf(opened)).toContain("What was requested can't be read any more. Deny this request");
  expect(textOf(opened)).not.toContain('[Approve');
  await clicker.sends(buttonOf(opened, 'Deny…'), { reason: 'Request it again' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state)).toEqual(['denied']);
});

test('a request whose text is damaged after its card was shown is not approved, and that is said', async () => {
  const clicker = new Clicker(chat, boss.email);
  const card = await homeCard(boss);
  await chat.database.db('access_requests').update({ content: 'damaged' });
  const said = textOf(await clicker.presses(buttonOf(card, 'Approve')));
  expect(said).toContain("What was requested can't be read any more. Deny this request");
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  expect(requests.map(({ state }) => state)).toEqual(['open']);
});

test('someone whose own request is damaged reads that they can withdraw it', async () => {
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 9 });
  await chat.database.db('access_requests').update({ content: 'damaged' });
  const shown = requestCard.with({ requestId: requests[0]?.id ?? '' });
  const clicker = new Clicker(chat, ann.email);
  const card = await clicker.sees(shown);
  expect(textOf(card)).toContain('Withdraw this request, and request it again.');
  await clicker.press(buttonOf(card, 'Withdraw'));
  expect(textOf(await clicker.sees(shown))).toContain("It can't be read any more.");
});

test('a request by someone else says who made it, and is approved on its own card', async () => {
  const admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  const { stores, transact } = chat.services;
  const { requests } = await stores.requests.list({}, { offset: 0, limit: 1 });
  const request = firstOf(requests);
  await transact((tx) => tx.requests.save({ ...request, requestedById: admin.id }));
  expect(await homeOf(boss)).toContain('Ada requests Fernboard for Ann Lee\n[View]');
});

test.each([
  ['says more than a row holds', 'A project that takes many words to explain. '.repeat(6)],
  ['has a reason that reads like an answer', 'Work · Role: Viewer'],
])('a request that %s is approved on its own card', async (_, reason) => {
  const { payload } = askForAccess.with({ integrationId });
  const managerEmail = boss.email;
  const kim = await chat.person({ email: 'kim@example.com', firstName: 'Kim', managerEmail });
  await askForAccess.submit(payload, { reason }, await chat.turn(kim.email));
  expect(await homeOf(boss)).toContain('Kim requests Fernboard\n[View]');
});

test('who asked sees that it waits, and nothing of others', async () => {
  const text = await homeOf(ann);
  expect(text).toContain('Fernboard is waiting for approval');
  expect(text).not.toContain('Your reports');
  expect(text).not.toContain('Integrations that need you');
});

test('a manager sees overdue tasks about their reports that others have to do, and their own once', async () => {
  const overdue = (title: string, assigneeId: string) =>
    chat.services.transact((tx) =>
      tx.tasks.insert({
        id: chat.services.newId(),
        version: 1,
        kind: 'other',
        title,
        personId: ann.id,
        assigneeId,
        dueDate: '2026-11-20',
        createdAt: chat.services.now(),
        comments: [],
        state: 'open',
      }),
    );
  await overdue('Hand over the keys', boss.id);
  await overdue('Read the handbook', ann.id);
  const text = await homeOf(boss);
  expect(text).toContain('Your tasks (1)\nHand over the keys');
  expect(text).toContain('Overdue tasks about your reports (1)\nRead the handbook');
});

/** The card's lines that are one of these, in order. */
const orderOf = (text: string, lines: readonly RegExp[]) =>
  text.split('\n').flatMap((line) => lines.flatMap((each) => line.match(each)?.[0] ?? []));

test('Home begins with what waits for its reader, and ends with their own access and the buttons', async () => {
  await chat.services.transact((tx) =>
    tx.tasks.insert({
      id: chat.services.newId(),
      version: 1,
      kind: 'other',
      title: 'Hand over the keys',
      personId: ann.id,
      assigneeId: boss.id,
      createdAt: chat.services.now(),
      comments: [],
      state: 'open',
    }),
  );
  const parts = [
    /^Needs your approval/,
    /^Your tasks/,
    /^Your reports/,
    /^Your access/,
    /\[Refresh/,
  ];
  expect(orderOf(await homeOf(boss), [...parts, /Integrations/])).toEqual([
    'Needs your approval',
    'Your tasks',
    'Your reports',
    'Your access',
    '[Refresh',
  ]);
});

test("an admin's ways stand below all else, and an offboarding begins beside those who leave", async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const text = await homeOf(admin);
  expect(text).toContain('Leaving · No one has a last day.\n[Offboard…]');
  expect(text).toMatch(
    /\[Request access…\].*\n\[People\] \[Integrations\] \[Reviews\] \[Activity\] \[Settings\]/,
  );
  expect(text.indexOf('[Check now]')).toBeLessThan(text.indexOf('[People]'));
  expect(await homeOf(boss)).not.toContain('[Offboard…]');
});

test('an admin sees what needs attention, who starts and who leaves', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  await chat.person({ email: 'new@example.com', firstName: 'New', startDate: '2026-12-01' });
  await loseSecrets(integrationId);
  const text = await homeOf(admin);
  expect(text).toContain('Fernboard needs secrets');
  expect(text).toContain('New on 1 Dec 2026');
});

test('an admin sees how much access is not removed yet, and gets to what is stuck', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  expect(await homeOf(admin)).not.toContain('Access not removed yet');
  const removal = await begunRemoval(chat, ann, integrationId, admin);
  expect(await homeOf(admin)).not.toContain('Access not removed yet');
  await inState(chat, removal, { state: 'stuck', why: 'Its token was refused.' });
  const home = await homeCard(admin);
  expect(textOf(home)).toContain('Access not removed yet · 1 stuck');
  const does = turnRemovalsPage.with({ page: 0 });
  const list = await new Clicker(chat, admin.email).presses({ label: 'View', does });
  expect(textOf(list)).toContain('Ann Lee: Fernboard · ⚠ Not removed yet. Its token was refused.');
  await inState(chat, removal, { state: 'by-hand' });
  expect(await homeOf(admin)).toContain('Access not removed yet · 1 by hand');
  expect(await homeOf(boss)).not.toContain('Access not removed yet');
});

test('an admin sees the imports that are under way or need someone, and no others', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const insert = (fileName: string, progress: ImportProgress, daysAgo = 0) =>
    chat.services.transact((tx) =>
      tx.fileImports.insert({
        id: chat.services.newId(),
        version: 1,
        fileName,
        startedBy: SYSTEM,
        createdAt: new Date(chat.clock - daysAgo * 24 * 60 * 60_000),
        progress,
      }),
    );
  await insert('new.csv', { state: 'reading' }, 1);
  await insert('broken.csv', { state: 'stuck', why: 'x' });
  await insert('dropped.csv', { state: 'discarded' });
  await insert('old.csv', { state: 'stuck', why: 'x' }, 15);
  const card = await homeCard(admin);
  expect(textOf(card)).toMatch(
    /Imports \(2\)\nbroken.csv is stuck\n\[Open\]\nnew.csv is being read\n/,
  );
});

describe('a Home that someone has pinned', () => {
  let platform: RecordingPlatform;
  let live: LiveMessages;
  let sender: MessageSender;

  beforeEach(() => {
    platform = new RecordingPlatform();
    const deps = { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined };
    live = new LiveMessages(deps);
    sender = new MessageSender(deps, [platform], () => chat.clock);
  });

  const show = (who: Person) =>
    live.show(pinnedHome.with({ personId: who.id }), { actor: who }, (card) =>
      platform.send({ platform: 'slack', key: `direct-${who.email}` }, card),
    );
  /** What the worker does, until nothing is left of it. */
  async function work(): Promise<void> {
    const jobs = () => chat.database.db<{ id: string; name: string; payload: string }>('jobs');
    for (;;) {
      const [job] = await jobs().whereIn('name', ['message.post', 'message.refresh']).limit(1);
      if (!job) return;
      await jobs().where({ id: job.id }).delete();
      if (job.name === 'message.post') {
        await sender.post(JSON.parse(job.payload) as Jobs['message.post']);
      } else {
        const { messageId } = JSON.parse(job.payload) as Jobs['message.refresh'];
        await sender.refresh(messageId);
      }
    }
  }
  const homes = () => platform.shown().filter(({ title }) => title.startsWith('Hello'));

  test('follows what waits for them, in its newest copy', async () => {
    await chat.turn(boss.email);
    await show(boss);
    chat.clock += 1000;
    await show(boss);
    await work();
    for (const card of homes()) expect(textOf(card)).toContain('Needs your approval (1)');
    const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
    await new Clicker(chat, ann.email).press(
      withdrawOwnRequest.with({ requestId: requests[0]?.id ?? '' }),
    );
    await work();
    const [older = '', newest = ''] = homes().map(textOf);
    expect(older).toContain('Needs your approval (1)');
    expect(newest).not.toContain('Needs your approval');
  });

  test('of who has lost a role or has left shows no more than they may see', async () => {
    const admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
    await chat.person({ email: 'eva@example.com', role: 'admin' });
    await show(admin);
    const deps = { ...chat.services, actor: SYSTEM };
    const change = (how: (tx: Transaction, person: Person) => Promise<unknown>) =>
      chat.services.transact(async (tx) => how(tx, (await tx.people.find(admin.id)) ?? admin));
    await change((tx, person) => changePerson(tx, person, { ...deps, details: { role: 'other' } }));
    await work();
    expect(homes().map(textOf).join()).not.toContain('Integrations that need you');
    await change((tx, person) => deactivate(tx, person, deps));
    await work();
    expect(platform.shown().map(({ title }) => title)).toContain('This was your Home');
  });

  test('is refreshed when a day begins, since others start and leave then', async () => {
    const admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
    await chat.person({ email: 'new@example.com', firstName: 'New', startDate: '2026-12-10' });
    await show(admin);
    await work();
    expect(homes().map(textOf).join()).not.toContain('Starting soon');
    chat.clock += 20 * 60 * 60_000;
    const tick = () => fire(chat.services, [homeDay('UTC')]);
    expect(await tick()).toBe(1);
    expect(await tick()).toBe(0);
    await work();
    expect(homes().map(textOf).join()).toContain('New on 10 Dec 2026');
  });
});

test('an admin sees an import from the HR system that waits for them', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const id = await chat.integration('People', {
    action: 'create',
    data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
    execute: [{ url: 'https://hr.example.com/people', method: 'GET' }],
  });
  const integration = present(await chat.services.stores.integrations.find(id));
  const started = await chat.services.transact((tx) =>
    startSync(tx, integration, { mode: 'import', ...chat.services, actor: SYSTEM }),
  );
  expect(await homeOf(admin)).not.toContain('Imports');
  if (started.kind !== 'started') throw new Error(started.kind);
  await chat.services.transact((tx) =>
    tx.syncRuns.save({
      ...started.run,
      state: 'ready',
      readyAt: chat.services.now(),
      held: { fresh: 200, people: 100, why: ['growth'] },
    }),
  );
  expect(await homeOf(admin)).toContain('People needs your OK');
});

/** An email of that run, given up. */
const unsent = (runId: string): Delivery => ({
  id: newId(),
  version: 1,
  runId,
  position: 0,
  createdAt: chat.services.now(),
  attempts: 5,
  outgoing: {
    notification: { type: 'email', to: 'ann@example.com', subject: 'Welcome', message: 'Hello' },
    secret: false,
    shownTo: 'ann@example.com',
  },
  body: 'dropped',
  state: 'failed',
  finishedAt: chat.services.now(),
  why: 'The mail server could not be reached.',
});

test('an admin sees which messages were not sent, and gets to where each belongs; others see nothing of it', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  await transact(async (tx) => {
    const wish = { actor: SYSTEM, person: ann, integration, form: {} };
    const started = ofKind('started', await startGrant(tx, wish));
    for (let n = 0; n < 12; n++)
      await tx.deliveries.insert({ ...unsent(started.run.id), position: n });
  });
  const ada = new Clicker(chat, admin.email);
  expect(textOf(await ada.sees(pinnedHome.with({ personId: admin.id })))).toContain(
    'Messages not sent in the last 30 days (12)\n✗ Email to ann@example.com · 25 Nov 2026, 09:00 · not sent. The mail server could not be reached.',
  );
  const list = textOf(await ada.presses(turnUnsentPage.with({ page: 1 })));
  expect(list).toContain('12 messages, page 2 of 2');
  expect(list).toContain('✗ Email to ann@example.com · Fernboard for Ann Lee · 25 Nov 2026, 09:00');
  expect(list.match(/✗ Email/g)).toHaveLength(2);
  expect(textOf(await ada.presses(turnUnsentPage.with({ page: 4 })))).toBe(list);

  expect(await homeOf(boss)).not.toContain('Messages not sent');
  const refused = await new Clicker(chat, boss.email).presses(turnUnsentPage.with({ page: 0 }));
  expect(textOf(refused)).toContain("You can't see messages that weren't sent");

  chat.clock += 30 * 24 * 60 * 60_000;
  expect(await homeOf(admin)).toContain('Messages not sent in the last 30 days (12)');
  chat.clock += 1;
  expect(await homeOf(admin)).not.toContain('Messages not sent');
  expect(textOf(await ada.presses(turnUnsentPage.with({ page: 0 })))).toContain(
    'Every message of the last 30 days was sent.',
  );
});

test('a message that could not be written says which app and whom it was about', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const { stores, transact } = chat.services;
  const integration = present(await stores.integrations.find(integrationId));
  await transact(async (tx) => {
    const started = await startGrant(tx, { actor: SYSTEM, person: ann, integration, form: {} });
    if (started.kind !== 'started') throw new Error(started.kind);
    const { outgoing: _, ...written } = unsent(started.run.id);
    const why = 'Notification 1 (chat) has no recipient: {{manager_email}} is empty.';
    await tx.deliveries.insert({ ...written, attempts: 0, why } as Delivery);
  });
  const ada = new Clicker(chat, admin.email);
  expect(textOf(await ada.presses(turnUnsentPage.with({ page: 0 })))).toContain(
    `✗ ${integration.name} for ${fullName(ann)} · 25 Nov 2026, 09:00 · Notification 1 (chat) has no recipient`,
  );
});

describe('the fullest Home there can be', () => {
  const NAMES = Array.from({ length: 9 }, (_, index) => `${'Wilhelmina'.repeat(3)} ${index}`);
  let ada: Person;

  /** Of everything that an admin's Home shows more than it shows. */
  beforeEach(async () => {
    const { services } = chat;
    ada = await chat.person({ email: 'ada@example.com', role: 'admin', firstName: 'Ada' });
    await chat.person({ email: 'eva@example.com', role: 'admin' }); // Approves what Ada requests.
    const integrations: string[] = [];
    for (const name of NAMES)
      integrations.push(
        await chat.integration(`${name} <!channel> & "Co"`, WITH_SECRET, { TOKEN: 't' }),
      );
    const [first = ''] = integrations;
    for (const [index, name] of NAMES.entries()) {
      const email = `w${index}@example.com`;
      const person = await chat.person({
        email,
        firstName: name,
        position: 'Head of everything',
        managerEmail: ada.email,
        startDate: '2026-12-01',
      });
      const asked = askForAccess.with({ integrationId: first }).payload;
      await askForAccess.submit(asked, { reason: 'A project' }, await chat.turn(email));
      const own = askForAccess.with({ integrationId: integrations[index] ?? '' }).payload;
      await askForAccess.submit(own, { reason: 'A project' }, await chat.turn(ada.email));
      await services.transact(async (tx) => {
        await tx.tasks.insert({
          id: services.newId(),
          version: 1,
          kind: 'other',
          title: `Hand over what ${name} had`,
          personId: person.id,
          assigneeId: ada.id,
          createdAt: services.now(),
          comments: [],
          state: 'open',
        });
        await tx.offboardings.insert({
          id: services.newId(),
          version: 1,
          personId: person.id,
          state: 'planned',
          endDate: '2026-12-24',
          createdAt: services.now(),
        });
        await tx.fileImports.insert({
          id: services.newId(),
          version: 1,
          fileName: `${name}.csv`,
          startedBy: SYSTEM,
          createdAt: services.now(),
          progress: { state: 'reading' },
        });
        const failing = async (id: string, code: RunError['code']): Promise<string> => {
          const integration = present(await tx.integrations.find(id));
          const wish = { actor: SYSTEM, person, integration, form: {} };
          const started = ofKind('started', await startGrant(tx, wish));
          const claimed = { ...started.run, state: 'running' as const };
          const running = await tx.runs.save({
            ...claimed,
            workerId: 'w',
            leasedUntil: services.now(),
          });
          await tx.runs.save({
            ...running,
            state: 'failed',
            finishedAt: services.now(),
            error: { code, message: 'It did not answer.' },
          });
          return running.id;
        };
        await tx.eventEndpoints.insert({
          id: services.newId(),
          version: 1,
          name: `Endpoint ${name}`,
          url: 'https://siem.example.com',
          kinds: [],
          secret: 'whsec_bmV3',
          isRevealed: true,
          readSeq: 0,
          state: 'off',
          finishedAt: services.now(),
          why: 'failing',
        });
        await tx.deliveries.insert(unsent(await failing(first, 'no-answer')));
        await failing(integrations[1] ?? '', 'unknown-outcome');
      });
    }
    for (const id of [integrationId, ...integrations]) await loseSecrets(id);
  });

  test('leads from each of its parts to the rest, and fits both platforms whole', async () => {
    const card = await homeCard(ada);
    const text = textOf(card);
    expect(text.match(/^.* \(\d+\)$/gm)).toEqual([
      'Needs your approval (9)',
      'Your tasks (9)',
      'Failed runs (9)',
      'Not confirmed (9)',
      'Messages not sent in the last 30 days (9)',
      'Integrations that need you (19)',
      'Imports (9)',
      'Your reports (9)',
      'Starting soon (9)',
      'Leaving (9)',
      'Your requests (9)',
    ]);
    const { blocks } = renderHome(saidElsewhere(card));
    expect(checkHome({ type: 'home', blocks })).toMatchObject({ ok: true });
    expect(readable(blocks as DoubleBlock[])).not.toContain('more than fits');
    expect(renderCard(card, { dialogs: true })).toHaveLength(1);
  });
});
