import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../src/bots/features/access-card.ts';
import { approveRequest, withdrawOwnRequest } from '../../../src/bots/features/decide-request.ts';
import { grantAccess } from '../../../src/bots/features/grant-access.ts';
import { limitCard } from '../../../src/bots/features/limit-card.ts';
import { limitNews } from '../../../src/bots/features/limit-news.ts';
import { askForAccess } from '../../../src/bots/features/request-access.ts';
import { taskNews } from '../../../src/bots/features/request-news.ts';
import type { Button, Card } from '../../../src/bots/view/card.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import { policyKey } from '../../../src/engine/access-request.ts';
import type { Person } from '../../../src/engine/directory.ts';
import { fireDue } from '../../../src/engine/due.ts';
import { limitSources } from '../../../src/engine/end-limits.ts';
import { fail, lease } from '../../../src/engine/run.ts';
import { defaultPolicy } from '../../../src/engine/settings.ts';
import type { TimeLimit } from '../../../src/engine/time-limit.ts';
import { limitAccess } from '../../../src/engine/time-limits.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../support/chat.ts';

const DAY = 24 * 60 * 60_000;
const manifest = {
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
};

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: boss.email,
  });
  integrationId = await chat.integration('Fernboard', manifest);
});
afterEach(() => chat.cleanup());

async function limited(days = 7): Promise<TimeLimit> {
  const integration = await chat.services.stores.integrations.find(integrationId);
  if (!integration) throw new Error('There is no integration');
  const limit = await chat.services.transact((tx) =>
    limitAccess(tx, { person: ann, integration, days }, chat.services),
  );
  if (!limit) throw new Error('It has no end');
  return limit;
}

/** What happens at this time. */
async function later(ms: number): Promise<void> {
  chat.clock += ms;
  const { stores, transact, now } = chat.services;
  const sources = limitSources({ ...chat.services, timeZone: 'UTC', taskNews, limitNews });
  const onError = (error: unknown) => {
    throw error;
  };
  await fireDue({ stores, transact, sources, onError }, now());
}

/** Who was sent which card. */
async function posts(): Promise<readonly string[]> {
  const jobs = await chat.database
    .db<{ name: string; payload: string }>('jobs')
    .where({ name: 'message.post' });
  return jobs.map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    const who = personId === ann.id ? 'Ann' : personId === admin.id ? 'Ada' : personId;
    return `${who} ${card.view}`;
  });
}

/** The other side says that she has nothing there. */
const nothingThere = (): Promise<unknown> =>
  chat.services.transact((tx) =>
    tx.access.put({
      personId: ann.id,
      integrationId,
      state: 'none',
      reason: 'It said so.',
      since: chat.services.now(),
      checkedAt: chat.services.now(),
    }),
  );

/** Ann has the card as a message. */
const follow = ({ id }: TimeLimit): Promise<void> =>
  chat.services.stores.messages.put({
    id: 'm1',
    card: limitCard.with({ limitId: id }),
    readerId: ann.id,
    address: { platform: 'slack', key: 'x' },
    shown: '',
    postedAt: new Date(0),
  });

/** The messages that are drawn anew, which have been by then. */
async function refreshed(): Promise<readonly string[]> {
  const jobs = chat.database.db<{ name: string; payload: string }>('jobs');
  const wanted = await jobs.clone().where({ name: 'message.refresh' });
  await jobs.where({ name: 'message.refresh' }).delete();
  return wanted.map(({ payload }) => (JSON.parse(payload) as { messageId: string }).messageId);
}

const cardFor = async (reader: Person, { id }: TimeLimit): Promise<Card> =>
  limitCard.render(limitCard.with({ limitId: id }).payload, await liveReader(chat, reader.email));

const buttonsOf = (card: Card): readonly Button[] =>
  card.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));

/** The revoke of the first try has failed. */
async function failedRevoke(): Promise<void> {
  const { stores, transact, now } = chat.services;
  const run = await stores.runs.unfinished(ann.id, integrationId);
  if (run?.state !== 'queued') throw new Error('Nothing is being revoked');
  const error = { code: 'http-status', message: 'It answered 500.' } as const;
  await transact(async (tx) => {
    const running = await tx.runs.save(lease(run, 'worker-1', run.manifestVersionId, now()));
    if (running.state === 'running') await tx.runs.save(fail(running, error, now()));
  });
}

describe('a day before the end', () => {
  test('whoever has it is asked whether they still need it, and nobody else', async () => {
    const limit = await limited();
    await later(6 * DAY);
    expect(await posts()).toEqual([]);
    await later(60_000);
    expect(await posts()).toEqual(['Ann limit']);
    const card = await cardFor(ann, limit);
    expect(card.title).toBe('Your access to Fernboard ends on 2 Dec 2026');
    expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Extend…']);
  });

  test('Extend… asks for more time, and the card says so', async () => {
    const limit = await limited();
    await later(6 * DAY + 60_000);
    const [extend] = buttonsOf(await cardFor(ann, limit));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(extend?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    const request = await chat.services.stores.requests.openFor(ann.id, integrationId);
    expect(request?.kind).toBe('extend');
    const card = await cardFor(ann, limit);
    expect(textOf(card)).toContain('You have asked for more time');
    expect(buttonsOf(card)).toEqual([]);
  });

  test('the card is drawn anew when they have asked, and when they have taken it back', async () => {
    const limit = await limited();
    await later(6 * DAY + 60_000);
    const { stores } = chat.services;
    await follow(limit);
    const [extend] = buttonsOf(await cardFor(ann, limit));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(extend?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    expect(await refreshed()).toEqual(['m1']);
    const request = await stores.requests.openFor(ann.id, integrationId);
    await withdrawOwnRequest.press(JSON.stringify({ requestId: request?.id }), turn);
    expect(await refreshed()).toEqual(['m1']);
  });

  test('there is no Extend… where they may not ask', async () => {
    const { stores, transact } = chat.services;
    const integration = await stores.integrations.find(integrationId);
    if (!integration) throw new Error('There is no integration');
    const settings = { policy: { ...defaultPolicy, requesters: { kind: 'nobody' as const } } };
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
    const limit = await limited();
    await later(6 * DAY + 60_000);
    const card = await cardFor(ann, limit);
    expect(buttonsOf(card)).toEqual([]);
    expect(textOf(card)).toContain('Ask your manager or a Latchkey admin.');
  });
});

describe('an end that does not come', () => {
  test('is told to each admin once, with why and what is next', async () => {
    const limit = await limited();
    await later(7 * DAY + 60_000);
    await failedRevoke();
    await later(20 * 60_000);
    expect(await posts()).toEqual(['Ada limit']);
    const card = await cardFor(admin, limit);
    expect(card.title).toBe("⚠ Ann Lee's access to Fernboard should have ended");
    expect(textOf(card)).toContain('The last try failed. It answered 500.');
    expect(textOf(card)).toContain('Latchkey tries again on 2 Dec 2026');
    expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Access of Ann Lee']);
    await failedRevoke();
    await later(2 * 60 * 60_000);
    expect(await posts()).toEqual(['Ada limit']);
  });

  test('is nothing that the person reads more of than that it is over', async () => {
    const limit = await limited();
    await later(7 * DAY + 60_000);
    await failedRevoke();
    expect(textOf(await cardFor(ann, limit))).not.toContain('500');
  });
});

test('when it has ended the person is told once, and can ask again', async () => {
  const limit = await limited();
  await later(7 * DAY + 60_000);
  await nothingThere();
  await later(20 * 60_000);
  await later(DAY);
  expect(await posts()).toEqual(['Ann limit']);
  const card = await cardFor(ann, limit);
  expect(card.title).toBe('Your access to Fernboard has ended');
  expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Ask again…']);
});

test('the card of an end that has been is drawn anew when they have asked again, and when that is approved', async () => {
  const limit = await limited();
  await later(7 * DAY + 60_000);
  await failedRevoke(); // It had been taken away already, at the other side.
  await nothingThere();
  await later(20 * 60_000);
  await follow(limit);
  const [again] = buttonsOf(await cardFor(ann, limit));
  const turn = await chat.turn(ann.email);
  await askForAccess.submit(again?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
  expect(await refreshed()).toEqual(['m1']);
  expect(textOf(await cardFor(ann, limit))).toContain('nobody has decided it yet');

  const request = await chat.services.stores.requests.openFor(ann.id, integrationId);
  const rules = policyKey(defaultPolicy);
  const payload = JSON.stringify({ requestId: request?.id, rules });
  await approveRequest.press(payload, await chat.turn(boss.email));
  expect(await refreshed()).toEqual(['m1']);
  const card = await cardFor(ann, limit);
  expect(textOf(card)).toContain('It was asked for again, and approved.');
  expect(buttonsOf(card)).toEqual([]);
});

test('somebody who may not see their access reads nothing of its end', async () => {
  const limit = await limited();
  const eve = await chat.person({ email: 'eve@example.com', firstName: 'Eve' });
  expect(textOf(await cardFor(eve, limit))).not.toContain('Fernboard');
});

describe('a grant', () => {
  const call = () => grantAccess.with({ personId: ann.id, integrationId }).payload;
  const opened = async (): Promise<Form> => {
    const reply = await grantAccess.press(call(), await chat.turn(boss.email));
    if (reply.kind !== 'open') throw new Error('It opens a form');
    const form = await reply.form;
    if ('refused' in form) throw new Error(textOf(form.refused));
    return form;
  };
  const atMost = async (longestDays: number) => {
    const { stores, transact } = chat.services;
    const integration = await stores.integrations.find(integrationId);
    if (!integration) throw new Error('There is no integration');
    const settings = { policy: { ...defaultPolicy, longestDays } };
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
  };

  test('for some days ends by itself, and the access card says when', async () => {
    await grantAccess.submit(call(), { days: '7' }, await chat.turn(boss.email));
    const limit = await chat.services.stores.timeLimits.current(ann.id, integrationId);
    expect(limit?.endsAt).toEqual(new Date(chat.clock + 7 * DAY));
    const run = await chat.services.stores.runs.unfinished(ann.id, integrationId);
    expect(run?.kind).toBe('execute');
    const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
    const card = await accessCard.render(ref.payload, await liveReader(chat, boss.email));
    expect(textOf(card)).toContain('until 2 Dec 2026');
  });

  test('without days has no end', async () => {
    await grantAccess.submit(call(), {}, await chat.turn(boss.email));
    expect(await chat.services.stores.timeLimits.currentOf(ann.id)).toEqual([]);
  });

  test('has to say for how many days where the settings have a longest time', async () => {
    await atMost(30);
    expect((await opened()).fields['days']).toMatchObject({ initial: '30' });
    for (const days of ['', '31', 'ten']) {
      const reply = await grantAccess.submit(call(), { days }, await chat.turn(boss.email));
      expect(reply.kind).toBe('invalid');
    }
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
  });

  test('of what ends already begins with the days that are left', async () => {
    await limited(10);
    chat.clock += 3 * DAY;
    expect((await opened()).fields['days']).toMatchObject({ initial: '7' });
  });
});
