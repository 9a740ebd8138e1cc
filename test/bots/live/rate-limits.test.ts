/** What the worker sends and edits, at a Slack that takes no more than it promises to. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createMessenger } from '../../../src/bots/features/messages/chat-messenger.ts';
import { NoticeSender } from '../../../src/bots/features/messages/notice-sender.ts';
import type { Reader } from '../../../src/bots/live/context.ts';
import { newerBelow } from '../../../src/bots/live/live-messages.ts';
import { MessageSender } from '../../../src/bots/live/message-sender.ts';
import { slackPlatform } from '../../../src/bots/slack/platform.ts';
import { note } from '../../../src/bots/view/card.ts';
import { CardBook, liveCard } from '../../../src/bots/view/live-card.ts';
import { chooseNoticePlace, postNotice } from '../../../src/engine/messages/notices.ts';
import { notifyAtOnce } from '../../../src/engine/messages/notify-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../src/engine/ports/jobs.ts';
import type { Messenger } from '../../../src/engine/ports/sending.ts';
import { invalidate } from '../../../src/engine/work/topics.ts';
import { type TestChat, testChat } from '../../support/chat.ts';
import { type MemoryJobs, memoryJobs } from '../../support/memory-jobs.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';

let chat: TestChat;
let double: SlackDouble;
let jobs: MemoryJobs;
let sender: MessageSender;
let notices: NoticeSender;
let messenger: Messenger;
/** What the cards say; a test changes it. */
let step: number;
let errors: string[];
/** When a card was to be posted, whether or not it was. */
let tries: number[];

const progress = liveCard({
  id: 'progress',
  payload: z.object({ of: z.string() }),
  topic: () => 'progress',
  render: async ({ of }, _reader: Reader) => note(`Progress of ${of}`, `Step ${step}`),
});

beforeEach(async () => {
  chat = await testChat();
  const now = () => chat.clock;
  double = await SlackDouble.start({ now, isLimited: true });
  jobs = memoryJobs(chat.services.transact, { now: chat.services.now });
  [step, errors, tries] = [0, [], []];
  const platform = slackPlatform({
    token: double.token,
    apiUrl: double.apiUrl,
    log: { warn: () => {}, error: () => {} },
    processes: () => 1,
    now,
  });
  const deps = {
    ...chat.services,
    transact: jobs.transact,
    timeZone: 'UTC',
    cards: new CardBook<Reader>([progress, newerBelow]),
    onError: (error: unknown) => void errors.push(String(error)),
  };
  sender = new MessageSender(deps, [platform], now);
  notices = new NoticeSender(
    { ...deps, randomBytes: chat.services.randomBytes },
    [platform],
    sender.pace,
  );
  messenger = createMessenger(sender, [platform], chat.services.stores);
});
afterEach(() => double.stop());

const refused = () => double.web.calls.filter(({ error }) => error === 'ratelimited').length;
const texts = () => double.workspace.messages.map(({ text }) => text);

async function colleague(name: string): Promise<Person> {
  double.addUser(name);
  return chat.person({ email: `${name}@example.com`, firstName: name });
}
const colleagues = (count: number): Promise<Person[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => colleague(`p${index}`)));

const post = (of: string, to: Person): Promise<void> =>
  jobs.transact((tx) =>
    tx.queue.push(
      'message.post',
      { personId: to.id, card: progress.with({ of }) },
      { lane: 'chat' },
    ),
  );

/** Does what is due, and passes the time until the next is. @param until no longer than this; left out: until nothing is left */
async function work(until = Infinity): Promise<void> {
  for (let at = jobs.nextDueAt(); at !== undefined && at <= until; at = jobs.nextDueAt()) {
    chat.clock = Math.max(chat.clock, at);
    const job = jobs.take();
    if (job?.name === 'message.post') {
      tries.push(chat.clock);
      await sender.post(job.payload as Jobs['message.post']);
    }
    if (job?.name === 'notice.post') await notices.post(job.payload as Jobs['notice.post']);
    if (job?.name === 'message.refresh') {
      const { messageId, failures } = job.payload as Jobs['message.refresh'];
      await sender.refresh(messageId, failures);
    }
  }
}

test('many cards for one person come one a second after the first three, and each waits once', async () => {
  const ann = await colleague('ann');
  const at = chat.clock;
  for (let index = 0; index < 60; index++) await post(`task ${index}`, ann);
  await work();
  expect(double.workspace.messages).toHaveLength(60);
  expect([refused(), errors]).toEqual([0, []]);
  const atOnce = Array.from({ length: 60 }, () => at);
  const oneASecond = Array.from({ length: 57 }, (_, index) => at + (index + 1) * 1000);
  expect(tries).toEqual([...atOnce, ...oneASecond]);
});

test('a card that waits its second comes once, where it is queued once more meanwhile', async () => {
  const ann = await colleague('ann');
  const at = chat.clock;
  for (let index = 0; index < 3; index++) await post(`task ${index}`, ann);
  const notice = { card: progress.with({ of: 'all' }), key: 'all' };
  for (let index = 0; index < 2; index++) {
    await jobs.transact((tx) => notifyAtOnce(tx, ann.id, notice));
    await work(at);
  }
  await work();
  expect(double.workspace.messages).toHaveLength(4);
});

test('many cards for one person keep nobody else waiting', async () => {
  const [ann, bob] = [await colleague('ann'), await colleague('bob')];
  const at = chat.clock;
  for (let index = 0; index < 60; index++) await post(`task ${index}`, ann);
  await post('request', bob);
  await work(at);
  expect(texts()).toHaveLength(4);
  expect(texts().some((text) => text.includes('request'))).toBe(true);
  expect(refused()).toBe(0); // What Slack refuses waits in the place of others.
});

test('many notices for one channel, such as of requests, keep nobody else waiting', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  const bob = await colleague('bob');
  const place = { address: { platform: 'slack', key: 'C0GENERAL' }, name: '#general' } as const;
  await jobs.transact(async (tx) => {
    await chooseNoticePlace(tx, { place, actor: { kind: 'system' } });
  });
  const at = chat.clock;
  for (let index = 0; index < 60; index++)
    await jobs.transact((tx) => postNotice(tx, progress.with({ of: `notice ${index}` })));
  await post('request', bob);
  await work(at);
  expect(texts()).toHaveLength(4);
  expect(texts().some((text) => text.includes('request'))).toBe(true);
  await work();
  expect(texts()).toHaveLength(61);
  expect([refused(), errors]).toEqual([0, []]);
});

test('messages of many runs to one channel each wait until their turn', async () => {
  const sent = [];
  for (let index = 0; index < 5; index++)
    sent.push(
      await messenger.toChannel('C0GENERAL', { kind: 'plain', title: 'Welcome', text: `${index}` }),
    );
  expect(sent).toMatchObject([
    { kind: 'sent' },
    { kind: 'sent' },
    { kind: 'sent' },
    { kind: 'busy', afterMs: 1000 },
    { kind: 'busy', afterMs: 2000 },
  ]);
  expect(refused()).toBe(0);
});

test('a channel is one, by its name and by its id', async () => {
  const message = { kind: 'plain', title: 'Welcome', text: 'Hi' } as const;
  const sent = [];
  for (let index = 0; index < 3; index++)
    for (const name of ['#general', 'C0GENERAL'])
      sent.push((await messenger.toChannel(name, message)).kind);
  // What is sent to a name first says which channel that is.
  expect(sent).toEqual(['sent', 'sent', 'sent', 'sent', 'busy', 'busy']);
});

test('messages of many runs to one person each wait until their turn', async () => {
  const ann = await colleague('ann');
  for (let index = 0; index < 3; index++) await post(`task ${index}`, ann);
  await work();
  const message = { kind: 'plain', title: 'Welcome', text: 'Hi' } as const;
  expect(await messenger.toPerson(ann.id, message)).toMatchObject({ kind: 'busy', afterMs: 1000 });
  expect(refused()).toBe(0);
});

test('150 people who have never written all get their card, though Slack looks up 50 a minute', async () => {
  const people = await colleagues(150);
  for (const person of people) await post(person.firstName, person);
  await work();
  expect(double.workspace.messages).toHaveLength(150);
  expect(errors).toEqual([]);
  // Slack says once in each minute that this is enough.
  expect(refused()).toBe(2);
});

test('a card that changes with each of 60 steps says the last one, within the edits of a minute', async () => {
  await post('import', await colleague('ann'));
  await work();
  for (step = 1; step < 60; step++) {
    await jobs.transact((tx) => invalidate(tx, 'progress'));
    await work(chat.clock + 500);
    chat.clock += 500;
  }
  step = 60;
  await jobs.transact((tx) => invalidate(tx, 'progress'));
  await work();
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toContain('Step 60');
  expect([refused(), errors]).toEqual([0, []]);
});

test('100 cards that change at once are all edited, within the edits of each minute', async () => {
  const people = await colleagues(100);
  for (const person of people) await post(person.firstName, person);
  await work();
  const before = refused();
  const at = chat.clock;
  step = 1;
  await jobs.transact((tx) => invalidate(tx, 'progress'));
  await work();
  expect(texts().every((text) => text.includes('Step 1'))).toBe(true);
  expect(chat.clock - at).toBeLessThan(240_000);
  expect([refused() - before, errors]).toEqual([0, []]);
});
