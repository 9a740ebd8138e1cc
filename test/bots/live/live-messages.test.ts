import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Reader } from '../../../src/bots/live/context.ts';
import { LiveMessages, newerBelow } from '../../../src/bots/live/live-messages.ts';
import { MessageSender } from '../../../src/bots/live/message-sender.ts';
import { addressOf, messageIn } from '../../../src/bots/teams/address.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import { CardBook, liveCard } from '../../../src/bots/view/live-card.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';
import type { Address } from '../../../src/core/message.ts';
import { locale } from '../../../src/core/translate.ts';
import { changeAddresses } from '../../../src/engine/people/change-addresses.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import { unlinkChatUser } from '../../../src/engine/people/chat-links.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { invalidate } from '../../../src/engine/work/topics.ts';
import { nextDueAt } from '../../../src/store/queue/queue.ts';
import { RecordingPlatform, type TestChat, testChat } from '../../support/chat.ts';
import { firstOf } from '../../support/given/outcomes.ts';

let chat: TestChat;
let ann: Person;
let platform: RecordingPlatform;
let live: LiveMessages;
let sender: MessageSender;
/** What the card says; a test changes it. */
let weather: string;
let errors: string[];
/** Whom nothing could be posted to. */
let unreached: string[];

const forecast = liveCard({
  id: 'forecast',
  payload: z.object({ place: z.string() }),
  topic: ({ place }) => `place:${place}`,
  render: async ({ place }, { reader }: Reader) =>
    note(`${place} for ${reader.firstName}`, weather === '' ? `in ${locale()}` : weather),
});

/** A card that says a time. */
const sunset = liveCard({
  id: 'sunset',
  payload: z.object({}),
  topic: () => 'place:Oslo',
  render: async (_payload, { timeZone }: Reader) => note('sunset', `in ${timeZone}: ${weather}`),
});

/** A card that follows whatever changes, as Home does. */
const almanac = liveCard({
  id: 'almanac',
  payload: z.object({}),
  topic: () => 'place:Oslo',
  copies: 'follow',
  render: async () => note('almanac', weather),
});

const AT_ONE = new Date('2026-11-25T13:00:00Z');

/** When the tide turns. */
let turnsAt: Date;

/** A card that says something else from that time on. */
const tide = liveCard({
  id: 'tide',
  payload: z.object({}),
  topic: () => 'place:Oslo',
  render: async (_payload, { now }: Reader) =>
    now() < turnsAt ? { ...note('tide', 'in'), changesAt: turnsAt } : note('tide', 'out'),
});

const cards = new CardBook<Reader>([forecast, sunset, almanac, tide, newerBelow]);

beforeEach(async () => {
  chat = await testChat();
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  platform = new RecordingPlatform();
  weather = 'sunny';
  turnsAt = AT_ONE;
  errors = [];
  const onError = (error: unknown) => void errors.push(String(error));
  const deps = { ...chat.services, timeZone: 'UTC', cards, onError };
  live = new LiveMessages(deps);
  unreached = [];
  const onUnreached = async (personId: string) => void unreached.push(personId);
  sender = new MessageSender({ ...deps, onUnreached }, [platform], () => chat.clock);
});

const toDirect = (card: Card) => platform.send({ platform: 'slack', key: 'direct' }, card);
const show = () => live.show(forecast.with({ place: 'Oslo' }), { actor: ann }, toDirect);
const oslo = () => ({ personId: ann.id, card: forecast.with({ place: 'Oslo' }) });
const queued = (name: string) => chat.database.db('jobs').where({ name });
const never = (): never => {
  throw new Error('There is no message');
};
const onlyMessage = async () =>
  firstOf(await chat.services.stores.messages.byTopics(['place:Oslo']));

const following = (title: string, text: string) => ({ ...note(title, text), isLive: true });

test('the current card of a message is what the person who opens it may see now', async () => {
  await show();
  const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  weather = 'rain';
  const { address } = await onlyMessage();
  expect(await live.current(address, { actor: ann })).toEqual(following('Oslo for Ann', 'rain'));
  expect(await live.current(address, { actor: bo })).toEqual(following('Oslo for Bo', 'rain'));
  expect(platform.edits).toEqual([]);
  const other = { platform: 'slack', key: 'other' } as const;
  expect(await live.current(other, { actor: ann })).toBeUndefined();
});

test('what several read is the same for each of them, so nobody is shown their own when they open it', async () => {
  const channel = { platform: 'slack', key: 'C1' } as const;
  await live.showEverybody(forecast.with({ place: 'Oslo' }), { actor: ann }, (card) =>
    platform.send(channel, card),
  );
  expect(platform.sent.at(-1)?.card).toEqual(note('Oslo for Ann', 'sunny'));
  const { address, id } = await onlyMessage();
  expect(await live.current(address, { actor: ann })).toBeUndefined();
  const replaced: Card[] = [];
  await live.replace(
    forecast.with({ place: 'Oslo' }),
    { turn: { actor: ann }, at: address },
    async (card) => {
      replaced.push(card);
    },
  );
  expect(replaced).toEqual([note('Oslo for Ann', 'sunny')]);
  weather = 'rain';
  await sender.refresh(id);
  expect(platform.edits.at(-1)?.card).toEqual(note('Oslo for Ann', 'rain'));
});

test('a card that its handler drew is current when it is opened again, as any other', async () => {
  const drawn = note('Oslo', 'drawn by hand');
  const card = { ...forecast.with({ place: 'Oslo' }), drawn };
  const posted: Card[] = [];
  const post = async (shown: Card) => {
    posted.push(shown);
    return { platform: 'slack', key: 'direct' } as const;
  };
  await live.show(card, { actor: ann }, post);
  const { address } = await onlyMessage();
  await live.replace(
    card,
    { turn: { actor: ann }, at: address },
    async (shown) => void posted.push(shown),
  );
  expect(posted).toEqual([
    { ...drawn, isLive: true },
    { ...drawn, isLive: true },
  ]);
});

test('a refresh edits the message when it would say something else', async () => {
  await show();
  weather = 'rain';
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits).toEqual([
    {
      message: { platform: 'slack', key: 'message-1' },
      card: following('Oslo for Ann', 'rain'),
      urgency: 'now',
    },
  ]);
});

test('a card is in the language of its reader, and where several read in that of the workspace', async () => {
  weather = '';
  const { transact, stores } = chat.services;
  await transact((tx) => tx.people.save({ ...ann, locale: 'sv' }));
  await show();
  const own = await onlyMessage();
  await transact((tx) => tx.messages.put({ ...own, shown: '' }));
  await sender.refresh(own.id);
  expect(platform.edits.at(-1)?.card).toEqual(following('Oslo for Ann', 'in sv'));
  await live.showEverybody(forecast.with({ place: 'Bergen' }), { actor: ann }, (card) =>
    platform.send({ platform: 'slack', key: 'C1' }, card),
  );
  const [shared] = await stores.messages.byTopics(['place:Bergen']);
  await transact((tx) => tx.messages.put({ ...(shared ?? never()), shown: '' }));
  await sender.refresh(shared?.id ?? '');
  expect(platform.edits.at(-1)?.card).toEqual(note('Bergen for Ann', 'in en-GB'));
});

test('a refresh that would change nothing costs no call', async () => {
  await show();
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits).toEqual([]);
});

test('a change of the topic queues one refresh of every copy', async () => {
  await show();
  await chat.services.transact(async (tx) => {
    await invalidate(tx, 'place:Oslo');
    await invalidate(tx, 'place:Oslo');
  });
  const waiting = await chat.database.db('jobs').where({ name: 'message.refresh' });
  expect(waiting).toHaveLength(1);
});

test('an older copy for the same reader becomes a pointer to the newer one, and is then forgotten', async () => {
  await show();
  const older = await onlyMessage();
  await show();
  await sender.refresh(older.id);
  expect(platform.edits).toMatchObject([{ message: { key: 'message-1' } }]);
  expect(platform.shown()[0]).toEqual(
    note("There's a newer card below", '"Oslo for Ann" goes on there. This one no longer updates.'),
  );
  expect(await chat.services.stores.messages.find(older.id)).toBeUndefined();
});

test('a copy that is edited while a newer one comes points to it all the same', async () => {
  await show();
  const older = await onlyMessage();
  weather = 'rain';
  const slow = Object.assign(new RecordingPlatform(), {
    edit: async (message: Address, card: Card) => {
      await platform.edit(message, card);
      if (card.title !== "There's a newer card below") await show();
    },
  });
  const deps = { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined };
  const busy = new MessageSender(deps, [slow], () => chat.clock);
  await busy.refresh(older.id);
  await busy.refresh(older.id);
  expect(platform.shown().map(({ title }) => title)).toEqual([
    "There's a newer card below",
    'Oslo for Ann',
  ]);
});

/** A message of one conversation in Teams, as the connector at that address names it. */
const servedAt = (serviceUrl: string) =>
  messageIn(
    addressOf({ serviceUrl, channel: 'msteams', tenant: 't', bot: '28:b', conversation: 'a:1' }),
    '1',
  );

test('a message that Teams serves from another address since is the same one', async () => {
  const { messages } = chat.services.stores;
  const [before, now] = [servedAt('https://a.example/amer'), servedAt('https://a.example/emea')];
  const card = forecast.with({ place: 'Oslo' });
  await live.showEverybody(card, { actor: ann }, async () => before);
  const { id } = await onlyMessage();
  await live.replace(card, { turn: { actor: ann }, at: now }, async () => undefined);
  expect(await messages.byTopics(['place:Oslo'])).toMatchObject([
    { id, address: now, card, forEverybody: true },
  ]);
  await live.forget(before);
  expect(await messages.find(id)).toBeUndefined();
});

test('a card that Teams serves from another address since is current there, and stays pinned', async () => {
  const [before, now] = [servedAt('https://a.example/amer'), servedAt('https://a.example/emea')];
  await live.show(almanac.with({}), { actor: ann }, async () => before);
  expect(await live.current(now, { actor: ann })).toEqual(following('almanac', 'sunny'));
  expect(await live.pinnedAt(now)).toEqual(almanac.with({}));
});

test('a card for everybody in a channel and one for its reader alone follow side by side', async () => {
  const card = forecast.with({ place: 'Oslo' });
  const inChannel = () =>
    live.showEverybody(card, { actor: ann }, (shown) =>
      platform.send({ platform: 'slack', key: 'C1' }, shown),
    );
  await inChannel();
  await show();
  await inChannel();
  weather = 'rain';
  for (const { id } of await chat.services.stores.messages.byTopics(['place:Oslo', 'nothing']))
    await sender.refresh(id);
  expect(platform.shown().map(({ title }) => title)).toEqual([
    'Oslo for Ann',
    'Oslo for Ann',
    'Oslo for Ann',
  ]);
});

test('a card for everybody is what an admin may see, also when the admin it was posted for is none any more', async () => {
  const admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'bo@example.com', firstName: 'Bo', role: 'admin' });
  await live.showEverybody(forecast.with({ place: 'Oslo' }), { actor: admin }, (card) =>
    platform.send({ platform: 'slack', key: 'C1' }, card),
  );
  const { transact } = chat.services;
  await transact((tx) => tx.people.save({ ...admin, role: 'other' }));
  weather = 'rain';
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits.at(-1)?.card).toEqual(note('Oslo for Bo', 'rain'));
});

test('times on a card for everybody are those of the installation, whose admin it is posted for', async () => {
  const timeZone = 'Asia/Tokyo';
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin', timeZone });
  const at = { platform: 'slack', key: 'C1' } as const;
  await live.showEverybody(sunset.with({}), { actor: admin }, (card) => platform.send(at, card));
  expect(platform.sent.at(-1)?.card).toEqual(note('sunset', 'in UTC: sunny'));
  weather = 'rain';
  const { id, address } = await onlyMessage();
  await sender.refresh(id);
  expect(platform.edits.at(-1)?.card).toEqual(note('sunset', 'in UTC: rain'));
  const pressed: Card[] = [];
  await live.replace(sunset.with({}), { turn: { actor: admin }, at: address }, async (card) => {
    pressed.push(card);
  });
  expect(pressed).toEqual([note('sunset', 'in UTC: rain')]);
});

test('a card that is posted while the chat link of its reader ends does not follow them', async () => {
  const turn = await chat.turn('ann@example.com');
  const { transact, stores } = chat.services;
  const { user } = chat.inbound('ann@example.com');
  const unlink = () =>
    transact((tx) =>
      unlinkChatUser(tx, { ...user, personId: ann.id }, { actor: { kind: 'system' } }),
    );
  const card = forecast.with({ place: 'Oslo' });
  const at = { platform: 'slack', key: 'message-1' } as const;
  await live.show(card, turn, async () => {
    await unlink();
    return at;
  });
  expect(await stores.messages.byTopics(['place:Oslo'])).toEqual([]);
  const again = await chat.turn('ann@example.com');
  await live.replace(card, { turn: again, at }, async () => void (await unlink()));
  expect(await stores.messages.byTopics(['place:Oslo'])).toEqual([]);
});

test('an edit over the limit is tried again after the time that the platform names', async () => {
  await show();
  await chat.database.db('jobs').delete();
  weather = 'rain';
  platform.failNext = new PlatformError('rate-limited', 'slow down', { retryAfterMs: 7000 });
  await sender.refresh((await onlyMessage()).id);
  expect((await nextDueAt(chat.database.db, ['chat'])).get('chat')).toEqual(
    new Date(chat.clock + 7000),
  );
});

test('a message that someone deleted is forgotten', async () => {
  await show();
  const { id } = await onlyMessage();
  weather = 'rain';
  platform.failNext = new PlatformError('gone', 'deleted');
  await sender.refresh(id);
  expect(await chat.services.stores.messages.find(id)).toBeUndefined();
});

test('two refreshes at once end with what is true last', async () => {
  await show();
  const { id } = await onlyMessage();
  weather = 'rain';
  const first = sender.refresh(id);
  weather = 'snow';
  await Promise.all([first, sender.refresh(id)]);
  expect(platform.edits.at(-1)?.card).toEqual(following('Oslo for Ann', 'snow'));
});

test('a card is posted to where the person last wrote, and follows its topic from then on', async () => {
  await chat.turn('ann@example.com');
  await sender.post(oslo());
  expect(platform.sent[0]?.to.key).toBe('direct-ann@example.com');
  weather = 'rain';
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits).toHaveLength(1);
});

test('a card that is to come once only is not posted to someone who has it already', async () => {
  await chat.turn('ann@example.com');
  await sender.post({ ...oslo(), unlessShown: true });
  await sender.post({ ...oslo(), unlessShown: true });
  expect(platform.sent).toHaveLength(1);
});

test('what is posted once more makes the copy before a pointer to it, and leaves the one on another platform', async () => {
  const teams = new RecordingPlatform('teams');
  const both = new MessageSender(
    { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined },
    [platform, teams],
    () => chat.clock,
  );
  const refreshAll = async () => {
    for (const { id } of await chat.services.stores.messages.byTopics(['place:Oslo', 'nothing']))
      await both.refresh(id);
  };
  const at = (name: 'slack' | 'teams', minutes: number) => ({
    personId: ann.id,
    address: { platform: name, key: `direct-${name}` } as const,
    lastWroteAt: new Date(chat.clock + minutes * 60_000),
  });
  const { conversations } = chat.services.stores;
  await conversations.put(at('teams', 1));
  await both.post({ personId: ann.id, card: forecast.with({ place: 'Oslo' }) });
  await conversations.put(at('slack', 2));
  for (const _ of [1, 2])
    await both.post({ personId: ann.id, card: forecast.with({ place: 'Oslo' }) });
  weather = 'rain';
  await refreshAll();
  expect(platform.shown().map(({ title }) => title)).toEqual([
    "There's a newer card below",
    'Oslo for Ann',
  ]);
  expect(teams.shown()).toEqual([following('Oslo for Ann', 'rain')]);
});

test('nothing is posted to someone whom chat cannot reach', async () => {
  await sender.post(oslo());
  expect(platform.sent).toEqual([]);
  expect(unreached).toEqual([ann.id]);
});

test.each(['gone', 'refused', 'removed'] as const)(
  'someone whose conversation answers %s is one whom chat cannot reach',
  async (code) => {
    await chat.turn('ann@example.com');
    platform.failNext = new PlatformError(code, 'The bot was taken out');
    await sender.post(oslo());
    expect(unreached).toEqual([ann.id]);
    expect(await queued('message.post')).toEqual([]);
  },
);

test('an edit does not wait until Latchkey is installed again', async () => {
  await show();
  await chat.database.db('jobs').delete();
  weather = 'rain';
  platform.failNext = new PlatformError('removed', 'account_inactive');
  const { id } = await onlyMessage();
  await sender.refresh(id);
  expect(await queued('message.refresh')).toEqual([]);
  await sender.refresh(id);
  expect(platform.edits).toHaveLength(1);
});

test('a card is rendered for its reader with a permission that is asked again at every refresh', async () => {
  await show();
  await chat.services.transact((tx) => tx.people.save({ ...ann, firstName: 'Anna' }));
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits[0]?.card.title).toBe('Oslo for Anna');
});

test.each([
  ['shown', () => live.show(tide.with({}), { actor: ann }, toDirect)],
  ['sent', () => sender.send(ann.id, tide.with({}))],
])('a card that was %s says by itself what it says from a known time on', async (_, post) => {
  await chat.turn('ann@example.com');
  await post();
  const { id } = await onlyMessage();
  await queued('message.refresh')
    .where({ key: `refresh:${id}` })
    .delete();
  const due = (await nextDueAt(chat.database.db, ['chat'])).get('chat');
  expect(due).toEqual(new Date(AT_ONE.getTime() + 1_000));
  chat.clock = AT_ONE.getTime();
  await sender.refresh(id);
  expect(platform.edits.at(-1)?.card).toEqual(following('tide', 'out'));
});

test('a card that was edited says by itself what it says from another time on', async () => {
  await chat.turn('ann@example.com');
  await sender.send(ann.id, tide.with({}));
  await chat.database.db('jobs').delete();
  turnsAt = new Date(AT_ONE.getTime() + 3_600_000);
  await sender.refresh((await onlyMessage()).id);
  const due = (await nextDueAt(chat.database.db, ['chat'])).get('chat');
  expect(due).toEqual(new Date(turnsAt.getTime() + 1_000));
});

test('a rate limit never makes a card stop following, however old it is', async () => {
  await show();
  chat.clock += 48 * 3_600_000;
  weather = 'rain';
  const { id } = await onlyMessage();
  platform.failNext = new PlatformError('rate-limited', 'slow down', { retryAfterMs: 3000 });
  await sender.refresh(id);
  await sender.refresh(id);
  expect(platform.edits.at(-1)?.card).toEqual(following('Oslo for Ann', 'rain'));
});

test('a notice to someone whom the platform cannot reach is tried with growing pauses, and then given up', async () => {
  await chat.turn('ann@example.com');
  const pauses: number[] = [];
  for (let failures = 0; failures < 12; failures++) {
    await chat.database.db('jobs').delete();
    platform.failNext = new PlatformError('unreachable', 'no route');
    await sender.post({ ...oslo(), failures });
    const due = (await nextDueAt(chat.database.db, ['chat'])).get('chat');
    if (!due) continue;
    pauses.push((due.getTime() - chat.clock) / 1000);
    chat.clock = due.getTime();
  }
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
  expect(errors).toHaveLength(1);
});

test('a token that the platform refuses is logged, and the card follows again when it works', async () => {
  await show();
  const { id } = await onlyMessage();
  weather = 'rain';
  platform.failNext = new PlatformError('refused', 'invalid_auth');
  await sender.refresh(id);
  expect(errors).toHaveLength(1);
  await sender.refresh(id);
  expect(platform.edits).toHaveLength(1);
});

const replace = async (
  { address }: { readonly address: Address },
  edit: (card: Card) => Promise<void> = (card) => platform.edit(address, card),
) => live.replace(forecast.with({ place: 'Oslo' }), { turn: { actor: ann }, at: address }, edit);

test('a card that was replaced by a press is not edited again where it says the same', async () => {
  await show();
  const message = await onlyMessage();
  weather = 'rain';
  await replace(message);
  await sender.refresh(message.id);
  expect(platform.edits).toHaveLength(1);
  weather = 'snow';
  await sender.refresh(message.id);
  expect(platform.edits).toHaveLength(2);
});

/** A worker whose edit of the message meets something: its own edit lands as it goes on. */
const meets = (meanwhile: () => Promise<void>) => {
  let isFirst = true;
  const slow = Object.assign(new RecordingPlatform(), {
    edit: async (message: Address, card: Card) => {
      if (isFirst) {
        isFirst = false;
        await meanwhile();
      }
      await platform.edit(message, card);
    },
  });
  const deps = { ...chat.services, timeZone: 'UTC', cards, onError: () => undefined };
  return new MessageSender(deps, [slow], () => chat.clock);
};

test.each(['fog', 'sunny'])(
  'an edit that lands after that of a press, which says "%s", is followed by one more',
  async (pressed) => {
    await show();
    const message = await onlyMessage();
    const worker = meets(async () => {
      weather = pressed;
      chat.clock += 100;
      await replace(message);
    });
    weather = 'rain';
    await worker.refresh(message.id); // It has drawn the rain, which lands last.
    expect(await queued('message.refresh')).toHaveLength(1);
    await worker.refresh(message.id);
    expect(platform.edits.at(-1)?.card).toEqual(following('Oslo for Ann', pressed));
  },
);

test('a press that is stored after an edit that it met is followed by one more', async () => {
  await show();
  const message = await onlyMessage();
  weather = 'rain';
  await replace(message, async (card) => {
    await platform.edit(message.address, card);
    weather = 'fog';
    await sender.refresh(message.id);
  });
  const before = platform.edits.length;
  await sender.refresh(message.id);
  expect(platform.edits).toHaveLength(before + 1);
});

test('an edit that was not answered is sent again after a press, since it may have landed late', async () => {
  await show();
  const message = await onlyMessage();
  const worker = meets(async () => {
    weather = 'fog';
    chat.clock += 100;
    await replace(message);
    platform.failNext = new PlatformError('unreachable', 'timeout');
  });
  weather = 'rain';
  await worker.refresh(message.id);
  await worker.refresh(message.id);
  expect(platform.edits.map(({ card }) => card)).toEqual([
    following('Oslo for Ann', 'fog'),
    following('Oslo for Ann', 'fog'),
  ]);
});

test('a pointer to a newer copy waits for the cards that people look at', async () => {
  await show();
  const older = await onlyMessage();
  await show();
  await sender.refresh(older.id);
  expect(platform.edits.map(({ urgency }) => urgency)).toEqual(['later']);
});

test('a card that follows everything is edited in its newest copy, and for a day', async () => {
  const home = () =>
    live.show(almanac.with({}), { actor: ann }, (card) =>
      platform.send({ platform: 'slack', key: 'direct' }, card),
    );
  await home();
  chat.clock += 60_000;
  await home();
  const refreshAll = async () => {
    for (const { id } of await chat.services.stores.messages.byTopics(['place:Oslo']))
      await sender.refresh(id);
    return platform.edits.map(({ message }) => message.key);
  };
  weather = 'rain';
  expect(await refreshAll()).toEqual(['message-2']);
  chat.clock += 24 * 60 * 60_000;
  weather = 'snow';
  expect(await refreshAll()).toEqual(['message-2']);
  await chat.services.transact((tx) => tx.people.save({ ...ann, active: false }));
  expect(await refreshAll()).toHaveLength(3); // Someone who has left keeps nothing.
});

test.each([
  [1, 'now', 'soon'],
  [20, 'soon', 'later'],
  [25 * 60, 'later', undefined],
] as const)(
  'after %d minutes a card is edited %s, and one that follows everything %s',
  async (minutes, cardsUrgency, homesUrgency) => {
    await show();
    await live.show(almanac.with({}), { actor: ann }, (card) =>
      platform.send({ platform: 'slack', key: 'direct' }, card),
    );
    chat.clock += minutes * 60_000;
    weather = 'rain';
    for (const { id } of await chat.services.stores.messages.byTopics(['place:Oslo']))
      await sender.refresh(id);
    const urgencies = platform.edits.map(({ message, urgency }) => [message.key, urgency]);
    expect(Object.fromEntries(urgencies)).toEqual({
      'message-1': cardsUrgency,
      ...(homesUrgency && { 'message-2': homesUrgency }),
    });
  },
);

test('a card that its reader has just pressed is edited first, however old it is', async () => {
  await show();
  chat.clock += 25 * 60 * 60_000;
  const { address } = await onlyMessage();
  await live.replace(
    forecast.with({ place: 'Oslo' }),
    { turn: { actor: ann }, at: address },
    async () => undefined,
  );
  weather = 'rain';
  await sender.refresh((await onlyMessage()).id);
  expect(platform.edits.map(({ urgency }) => urgency)).toEqual(['now']);
});

test.each([
  ['other', true],
  ['helpdesk', false],
  ['auditor', false],
  ['admin', false],
] as const)(
  'an address that chat has not confirmed is enough for a card to role %s: %s',
  async (role, isEnough) => {
    const { transact } = chat.services;
    await transact((tx) => changeWorkspaceSettings(tx, { takesUnconfirmed: true }));
    await transact((tx) => tx.people.save({ ...ann, role }));
    const unconfirmed = { platform: 'slack', key: 'unconfirmed' } as const;
    Object.assign(platform, {
      directOf: async (_email: string, takes: boolean) => (takes ? unconfirmed : undefined),
    });
    await sender.post(oslo());
    expect(platform.sent).toHaveLength(isEnough ? 1 : 0);
  },
);

test('a card that was on its way while an admin ended the chat link does not follow the person there', async () => {
  await chat.turn('ann@example.com');
  const { stores, transact } = chat.services;
  const pair = firstOf(await stores.identities.ofPerson(ann.id));
  const send = platform.send.bind(platform);
  platform.send = async (to, card) => {
    const message = await send(to, card);
    await transact((tx) => unlinkChatUser(tx, pair, { actor: { kind: 'system' } }));
    return message;
  };
  await sender.post(oslo());
  expect(platform.sent).toHaveLength(1);
  expect(await stores.messages.byTopics(['place:Oslo'])).toEqual([]);
});

test('a conversation in which they wrote while chat was asked for one is where messages go', async () => {
  const { stores, transact } = chat.services;
  const theirs = { platform: 'slack', key: 'theirs' } as const;
  const wrote = { personId: ann.id, address: theirs, lastWroteAt: chat.services.now() };
  Object.assign(platform, {
    directOf: async () => {
      await transact((tx) => tx.conversations.put(wrote));
      return { platform: 'slack', key: 'found' };
    },
  });
  await sender.post(oslo());
  expect(await stores.conversations.latest(ann.id)).toEqual(wrote);
  expect(platform.sent[0]?.to).toEqual(theirs);
});

test('nothing is sent to the chat user of an address that two people have just exchanged', async () => {
  const { transact } = chat.services;
  const bob = await chat.person({ email: 'bob@example.com' });
  const exchange = async (...people: readonly [Person, Person]) => {
    const [one, other] = people;
    const wanted = [
      { person: one, email: other.email },
      { person: other, email: one.email },
    ];
    await transact((tx) => changeAddresses(tx, wanted, { actor: { kind: 'system' } }));
  };
  Object.assign(platform, { directOf: async () => ({ platform: 'slack', key: 'found' }) });
  await exchange(ann, bob);
  await sender.post(oslo());
  expect(platform.sent).toEqual([]);
  chat.clock += 31 * 24 * 60 * 60_000;
  await sender.post(oslo());
  expect(platform.sent).toHaveLength(1);
});

test('someone who left while chat was asked for their conversation gets nothing, and none is kept', async () => {
  const { stores, transact } = chat.services;
  Object.assign(platform, {
    directOf: async () => {
      await transact((tx) => deactivate(tx, ann, { actor: { kind: 'system' } }));
      return { platform: 'slack', key: 'found' };
    },
  });
  await sender.post(oslo());
  expect(platform.sent).toEqual([]);
  expect(await stores.conversations.latest(ann.id)).toBeUndefined();
});
