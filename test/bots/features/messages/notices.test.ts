import { beforeEach, describe, expect, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import { integrationCardRef } from '../../../../src/bots/features/integrations/integration-ref.ts';
import { placeNotices } from '../../../../src/bots/features/messages/notice-place.ts';
import { NoticeSender } from '../../../../src/bots/features/messages/notice-sender.ts';
import { noticesComeHere } from '../../../../src/bots/features/messages/notices.ts';
import { actorOf } from '../../../../src/bots/live/context.ts';
import { SendPace } from '../../../../src/bots/live/send-pace.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { PlatformError } from '../../../../src/bots/view/platform.ts';
import type { LiveCardRef } from '../../../../src/core/message.ts';
import {
  chooseNoticePlace,
  noticePlaceOf,
  postNotice,
} from '../../../../src/engine/messages/notices.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { AnyJob } from '../../../../src/engine/ports/jobs.ts';
import type { Transaction } from '../../../../src/engine/ports/unit-of-work.ts';
import { claimJobs } from '../../../../src/store/queue/queue.ts';
import { RecordingPlatform, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';

const ADA = 'ada@example.com';
const general = { address: { platform: 'slack', key: 'C1' }, name: '#general' } as const;
const it = { address: { platform: 'slack', key: 'C2' }, name: '#it' } as const;

let chat: TestChat;
let ada: Person;
let platform: RecordingPlatform;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  integrationId = await chat.integration('HR', { execute: [{ url: 'https://x.example.com' }] });
  platform = new RecordingPlatform();
});

const card = (): LiveCardRef => noticesComeHere.with({ byId: ada.id, id: '1' });
async function choose(place: typeof general | typeof it | undefined, of?: string): Promise<void> {
  const deps = { ...chat.services, actor: actorOf(await chat.turn(ADA)) };
  await chat.services.transact((tx) =>
    chooseNoticePlace(tx, { place, integrationId: of, ...deps }),
  );
}
async function post(of?: string): Promise<void> {
  const sender = new NoticeSender(
    { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined },
    [platform],
    new SendPace(() => chat.clock),
  );
  await sender.post({ card: card(), ...(of !== undefined && { integrationId: of }) });
}
/** The jobs that are due within a minute. */
const waiting = (): Promise<readonly AnyJob[]> =>
  claimJobs(chat.database.db, {
    limit: 50,
    leaseMs: 1,
    workerId: 'w',
    lane: 'chat',
    now: new Date(chat.clock + 60_000),
  });
const titles = () => platform.sent.map(({ to, card: { title } }) => `${to.key}: ${title}`);

test("an integration's own place counts before the workspace's, which counts before none", async () => {
  const where = async () =>
    (await noticePlaceOf(chat.services.stores, integrationId))?.place.name ?? 'each admin';
  expect(await where()).toBe('each admin');
  await choose(general);
  expect(await where()).toBe('#general');
  await choose(it, integrationId);
  expect(await where()).toBe('#it');
  await choose(undefined, integrationId);
  expect(await where()).toBe('#general');
});

test('a notice goes to its place, as an admin sees it', async () => {
  await choose(general);
  await choose(it, integrationId);
  await post(integrationId);
  await post();
  expect(titles()).toEqual(['C2: Notices now come here', 'C1: Notices now come here']);
});

test('a notice in a place is not drawn again for each who opens it', async () => {
  await choose(general);
  await post();
  expect(platform.sent.map(({ card: sent }) => sent.isLive)).toEqual([undefined]);
});

test('without a place it goes to each admin', async () => {
  await post(integrationId);
  expect(platform.sent).toEqual([]);
  expect(await waiting()).toMatchObject([
    { name: 'message.post', payload: { personId: ada.id, card: { view: noticesComeHere.id } } },
  ]);
});

test('a place that is gone is given up: admins are notified once, and get the notices themselves', async () => {
  await choose(general);
  platform.failNext = new PlatformError('gone', 'Slack answered not_in_channel');
  await post(integrationId);
  expect((await waiting()).map(({ payload }) => payload)).toMatchObject([
    { personId: ada.id, card: { view: 'notice-place-lost' } },
    { personId: ada.id, card: { view: noticesComeHere.id } },
  ]);
  expect(await noticePlaceOf(chat.services.stores)).toBeUndefined();
});

test('a notice that Slack does not take, since its admins removed Latchkey, goes to each admin', async () => {
  await choose(general);
  platform.failNext = new PlatformError('removed', 'account_inactive');
  await post(integrationId);
  expect(await waiting()).toMatchObject([
    { name: 'message.post', payload: { personId: ada.id, card: { view: noticesComeHere.id } } },
  ]);
  expect(await noticePlaceOf(chat.services.stores)).toBeDefined();
});

test('a platform that asks to wait is asked again later', async () => {
  await choose(general);
  platform.failNext = new PlatformError('rate-limited', 'wait', { retryAfterMs: 1000 });
  await post(integrationId);
  expect(await waiting()).toMatchObject([{ name: 'notice.post', payload: { integrationId } }]);
  expect(await noticePlaceOf(chat.services.stores)).toBeDefined();
});

test('a notice is posted in the transaction of what it tells of', async () => {
  const failing = async (tx: Transaction) => {
    await postNotice(tx, card(), { integrationId });
    throw new Error('It did not happen');
  };
  await expect(chat.services.transact(failing)).rejects.toThrow('It did not happen');
  expect(await waiting()).toEqual([]);
});

test("the card says where notices go, and gives an integration's own place up", async () => {
  await choose(general);
  await choose(it, integrationId);
  const clicker = new Clicker(chat, ADA);
  const ref = integrationCardRef(integrationId);
  const before = await clicker.sees(ref);
  expect(textOf(before)).toContain('Notices: to #it');
  await clicker.press(buttonOf(before, 'Use default for notices'));
  const after = textOf(await clicker.sees(ref));
  expect(after).toContain('Notices: to #general, like all that have no place of their own');
  expect(after).not.toContain('[Use default for notices');
});

/** What is said in the channel, and to the person who asked. */
async function choosing(posting: (card: Card) => Promise<void>, ...typed: string[]) {
  const turn = {
    ...(await chat.turn(ADA)),
    here: { address: it.address, name: '#it' },
    postHere: posting,
  };
  const reply = await placeNotices(typed, turn);
  return reply.kind === 'say' ? textOf(reply.card) : reply.kind;
}
const placeOf = async (of?: string) =>
  (await noticePlaceOf(chat.services.stores, of))?.place.name ?? 'each admin';

describe('an admin who chooses a place', () => {
  test('is answered by the first notice there, and by nothing else', async () => {
    const posted: string[] = [];
    const keep = async (said: Card) => void posted.push(textOf(said));
    expect(await choosing(keep, 'HR')).toBe('nothing');
    expect(posted).toEqual([
      'Notices now come here\nAda chose this place for notices of HR. To move them, write "@Latchkey notices HR" in another channel.',
    ]);
    expect(await placeOf(integrationId)).toBe('#it');
    expect(await placeOf()).toBe('each admin');
    expect(await waiting()).toEqual([]);
  });

  test('where Latchkey is not in the channel, the admin alone reads that, and notices stay where they went', async () => {
    await choose(general);
    const closed = async () => {
      throw new PlatformError('gone', 'Slack answered not_in_channel');
    };
    for (const typed of [[], ['HR']])
      expect(await choosing(closed, ...typed)).toBe(
        `I can't post here yet\nNotices keep going where they went before. Write /invite @Latchkey here, then "@Latchkey ${['notices', ...typed].join(' ')}" again.`,
      );
    expect([await placeOf(), await placeOf(integrationId)]).toEqual(['#general', '#general']);
    expect(await waiting()).toEqual([]);
  });

  test('changes nothing while Slack is not reached', async () => {
    const down = async () => {
      throw new PlatformError('unreachable', 'Slack could not be reached');
    };
    await expect(choosing(down)).rejects.toThrow('Slack could not be reached');
    expect(await placeOf()).toBe('each admin');
  });
});
