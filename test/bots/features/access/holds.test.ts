import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { holdCard } from '../../../../src/bots/features/access/hold-card.ts';
import {
  approveRequest,
  withdrawOwnRequest,
} from '../../../../src/bots/features/requests/decide-request.ts';
import {
  askForAccess,
  extendByPress,
} from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { accessSources } from '../../../../src/engine/access/due-access.ts';
import type { Hold } from '../../../../src/engine/access/hold.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import { closeAsGone } from '../../../../src/engine/access/removals/removals.ts';
import { fullName, type Person } from '../../../../src/engine/people/directory.ts';
import { policyKey } from '../../../../src/engine/requests/access-request.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf } from '../../../support/clicks.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { workOnRemovals } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';
import { fire } from '../../../support/tick.ts';

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
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', manifest);
});

async function held(length: number | 'no-end' = 7): Promise<Hold> {
  const hours = length === 'no-end' ? undefined : length * 24;
  const integration = present(await chat.services.stores.integrations.find(integrationId));
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  return chat.services.transact((tx) =>
    openHold(tx, { person: ann, integration, source: 'by-hand', actor, hours }, {}),
  );
}

/** What happens at this time. */
async function later(ms: number): Promise<void> {
  chat.clock += ms;
  await fire(chat.services, accessSources);
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

/** Its removal ends: the app says that nothing is there. */
async function goneAtTheApp(): Promise<void> {
  const { transact, now } = chat.services;
  await transact(async (tx) => {
    const removal = present(await tx.removals.open(ann.id, integrationId));
    const deps = { ...chat.services, actor: { kind: 'system' } as const };
    await closeAsGone(tx, removal, { proof: { kind: 'asked', at: now() }, ...deps, canAsk: true });
  });
  await workOnRemovals(chat);
}

/** Ann has the card as a message. */
const follow = ({ id }: Hold): Promise<void> =>
  chat.services.stores.messages.put({
    id: 'm1',
    card: holdCard.with({ holdId: id }),
    readerId: ann.id,
    address: { platform: 'slack', key: 'x' },
    shown: '',
    postedAt: new Date(0),
  });

/** The messages that are refreshed, which have been by then. */
async function refreshed(): Promise<readonly string[]> {
  const jobs = chat.database.db<{ name: string; payload: string }>('jobs');
  const wanted = await jobs.clone().where({ name: 'message.refresh' });
  await jobs.where({ name: 'message.refresh' }).delete();
  return wanted.map(({ payload }) => (JSON.parse(payload) as { messageId: string }).messageId);
}

const cardFor = async (reader: Person, { id }: Hold): Promise<Card> =>
  holdCard.render(holdCard.with({ holdId: id }).payload, await liveReader(chat, reader.email));

describe('some time before the end', () => {
  test('the person is asked whether they still need it, and nobody else', async () => {
    const hold = await held();
    await later(6 * DAY);
    expect(await posts()).toEqual([]);
    await later(0.3 * DAY);
    expect(await posts()).toEqual(['Ann hold']);
    const card = await cardFor(ann, hold);
    expect(card.title).toMatch(/^Your access to Fernboard expires on 2 Dec 2026, \d\d:\d\d$/);
    expect(textOf(card)).toMatch(/^.*\nDo you still need it\?\n/);
    expect(buttonsOf(card).map(({ label }) => label)).toEqual([
      'Extend…',
      'Extend by 1 day',
      'Extend by 7 days',
      'Give back…',
    ]);
  });

  test('Extend… asks for more time, and the card says so', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const [extend] = buttonsOf(await cardFor(ann, hold));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(extend?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    const request = await chat.services.stores.requests.openFor(ann.id, integrationId);
    expect(request?.kind).toBe('extend');
    const card = await cardFor(ann, hold);
    expect(textOf(card)).toContain('You requested more time');
    expect(buttonsOf(card)).toEqual([]);
  });

  test('the card of more time that was approved says until when it lasts now', async () => {
    const { requests } = chat.services.stores;
    const hold = await held();
    await later(6.5 * DAY);
    const [extend] = buttonsOf(await cardFor(ann, hold));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(extend?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    const request = present(await requests.openFor(ann.id, integrationId));
    const ref = requestCard.with({ requestId: request.id });
    const shown = async (reader: Person) =>
      requestCard.render(ref.payload, await liveReader(chat, reader.email));
    const approve = buttonOf(await shown(boss), 'Approve');
    await approveRequest.press(approve.does.payload, await chat.turn(boss.email));
    expect(textOf(await shown(ann))).toContain('Until: 9 Dec 2026');
  });

  test('one press requests more time, with the reason of before where there was one', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const button = buttonOf(await cardFor(ann, hold), 'Extend by 1 day');
    await extendByPress.press(button.does.payload, await chat.turn(ann.email));
    const { requests } = chat.services.stores;
    const request = await requests.openFor(ann.id, integrationId);
    expect(request).toMatchObject({ kind: 'extend', hours: 24 });
    expect((await requests.content(request?.id ?? '')).reason).toBe('They still need it.');
  });

  test('one press requests more time where the reason of before can not be read', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const turn = await chat.turn(ann.email);
    const { payload } = buttonOf(await cardFor(ann, hold), 'Extend…').does;
    await askForAccess.submit(payload, { reason: 'More', days: '7' }, turn);
    const { requests } = chat.services.stores;
    const before = await requests.openFor(ann.id, integrationId);
    await withdrawOwnRequest.press(JSON.stringify({ requestId: before?.id }), turn);
    await chat.database.db('holds').update({ request_id: before?.id ?? '' });
    await chat.database.db('access_requests').update({ content: 'damaged' });
    const button = buttonOf(await cardFor(ann, hold), 'Extend by 1 day');
    await extendByPress.press(button.does.payload, turn);
    const request = await requests.openFor(ann.id, integrationId);
    expect((await requests.content(request?.id ?? '')).reason).toBe('They still need it.');
  });

  test('two presses extend it once, where nobody has to approve', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const { stores, transact } = chat.services;
    const integration = present(await stores.integrations.find(integrationId));
    const settings = { policy: { ...defaultPolicy, approvers: { kind: 'automatic' } } } as const;
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
    const { payload } = buttonOf(await cardFor(ann, hold), 'Extend by 1 day').does;
    const replies = [];
    for (let press = 0; press < 2; press += 1)
      replies.push(await extendByPress.press(payload, await chat.turn(ann.email)));
    expect((await stores.holds.find(hold.id))?.endsAt).toEqual(
      new Date((hold.endsAt?.getTime() ?? 0) + DAY),
    );
    expect(JSON.stringify(replies[1])).toContain('Its end date has changed');
  });

  test('an old button requests no more than the policy allows by now', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const button = buttonOf(await cardFor(ann, hold), 'Extend by 7 days');
    const { stores, transact } = chat.services;
    const integration = present(await stores.integrations.find(integrationId));
    const settings = { policy: { ...defaultPolicy, longestHours: 8 } };
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
    const reply = await extendByPress.press(button.does.payload, await chat.turn(ann.email));
    expect(JSON.stringify(reply)).toContain('8 hours at most; you requested 7 days');
    expect(await stores.requests.openFor(ann.id, integrationId)).toBeUndefined();
  });

  test('the card is refreshed when they have requested it, and when they have withdrawn it', async () => {
    const hold = await held();
    await later(6.5 * DAY);
    const { stores } = chat.services;
    await follow(hold);
    const [extend] = buttonsOf(await cardFor(ann, hold));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(extend?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    expect(await refreshed()).toEqual(['m1']);
    const request = await stores.requests.openFor(ann.id, integrationId);
    await withdrawOwnRequest.press(JSON.stringify({ requestId: request?.id }), turn);
    expect(await refreshed()).toEqual(['m1']);
  });

  test('there is no Extend… where they may not ask', async () => {
    const { stores, transact } = chat.services;
    const integration = present(await stores.integrations.find(integrationId));
    const settings = { policy: { ...defaultPolicy, requesters: { kind: 'nobody' as const } } };
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
    const hold = await held();
    await later(6.5 * DAY);
    const card = await cardFor(ann, hold);
    expect(buttonsOf(card)).toEqual([]);
    expect(textOf(card)).toContain(`Ask your manager, ${fullName(boss)}, or a Latchkey admin.`);
  });
});

describe('an end that has come', () => {
  test('notifies the person once the access is gone, and they can request it again', async () => {
    const hold = await held();
    await later(7 * DAY + 60_000);
    expect((await cardFor(ann, hold)).title).toBe('Your access to Fernboard is ending');
    expect(await posts()).toEqual([]);
    await goneAtTheApp();
    await later(DAY);
    expect(await posts()).toEqual(['Ann hold']);
    const card = await cardFor(ann, hold);
    expect(card.title).toBe('Your access to Fernboard has expired');
    expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Request again…']);
  });

  test('shows a manager the removal while it is open', async () => {
    const hold = await held();
    await later(7 * DAY + 60_000);
    const card = await cardFor(boss, hold);
    expect(card.title).toBe("Ann Lee's access to Fernboard is being removed");
    expect(buttonsOf(card).map(({ label }) => label)).toEqual([
      'View removal',
      'Access of Ann Lee',
    ]);
  });

  test('is drawn again when they have requested it again, and when that is approved', async () => {
    const hold = await held();
    await later(7 * DAY + 60_000);
    await goneAtTheApp();
    await follow(hold);
    const [again] = buttonsOf(await cardFor(ann, hold));
    const turn = await chat.turn(ann.email);
    await askForAccess.submit(again?.does.payload ?? '', { reason: 'More', days: '7' }, turn);
    expect(await refreshed()).toEqual(['m1']);
    expect(textOf(await cardFor(ann, hold))).toContain("It's waiting for approval");

    const request = await chat.services.stores.requests.openFor(ann.id, integrationId);
    const rules = policyKey(defaultPolicy);
    const payload = JSON.stringify({ requestId: request?.id, rules });
    await approveRequest.press(payload, await chat.turn(boss.email));
    expect(await refreshed()).toEqual(['m1']);
    const card = await cardFor(ann, hold);
    expect(buttonsOf(card)).toEqual([]);
    expect(card.title).toBe('Your earlier access to Fernboard has ended');
    expect(textOf(card)).toContain('You have it for another reason now: by request, until');
    expect((await cardFor(boss, hold)).title).toBe(
      "Ann Lee's earlier access to Fernboard has ended",
    );
  });

  test('ends nothing that another hold still holds, and the card says which', async () => {
    const hold = await held();
    chat.clock += 1000;
    await held('no-end');
    await later(7 * DAY + 60_000);
    expect(await chat.services.stores.removals.open(ann.id, integrationId)).toBeUndefined();
    const card = await cardFor(ann, hold);
    expect(card.title).toBe('You keep Fernboard');
    expect(textOf(card)).toContain(
      'You still have it for another reason: by hand, since 25 Nov 2026.',
    );
    expect(await posts()).toEqual([]);
  });
});

test('access without an end date says so to the manager, also after it was revoked', async () => {
  const hold = await held('no-end');
  expect(textOf(await cardFor(boss, hold))).toMatch(
    /^Ann Lee's access to Fernboard\nNo end date\.$/m,
  );
  await chat.database.db('holds').update({ ended_at: chat.clock, ended_why: 'revoked' });
  expect(textOf(await cardFor(boss, hold))).toContain('was revoked\nIt had no end date.');
});

test('someone who may not see their access reads nothing of its end', async () => {
  const hold = await held();
  const eve = await chat.person({ email: 'eve@example.com', firstName: 'Eve' });
  expect(textOf(await cardFor(eve, hold))).not.toContain('Fernboard');
});

describe('a grant', () => {
  const call = () => grantAccess.with({ personId: ann.id, integrationId }).payload;
  const opened = async (): Promise<Form> => {
    const reply = ofKind('open', await grantAccess.press(call(), await chat.turn(boss.email)));
    const form = await reply.form;
    if ('refused' in form) throw new Error(textOf(form.refused));
    return form;
  };
  const atMost = async (longestHours: number) => {
    const { stores, transact } = chat.services;
    const integration = present(await stores.integrations.find(integrationId));
    const settings = { policy: { ...defaultPolicy, longestHours } };
    await transact((tx) => tx.integrations.save({ ...integration, settings }));
  };

  test('for some days expires, and the access card says when', async () => {
    await grantAccess.submit(call(), { days: '7' }, await chat.turn(boss.email));
    const [hold] = await chat.services.stores.holds.openAt(ann.id, integrationId);
    expect(hold?.endsAt).toEqual(new Date(chat.clock + 7 * DAY));
    const run = await chat.services.stores.runs.unfinished(ann.id, integrationId);
    expect(run?.kind).toBe('execute');
    const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
    const card = await accessCard.render(ref.payload, await liveReader(chat, boss.email));
    expect(textOf(card)).toContain('until 2 Dec 2026');
  });

  test('without days has no end date', async () => {
    await grantAccess.submit(call(), {}, await chat.turn(boss.email));
    const [hold] = await chat.services.stores.holds.openAt(ann.id, integrationId);
    expect(hold).toMatchObject({ source: 'by-hand' });
    expect(hold?.endsAt).toBeUndefined();
  });

  test('offers the lengths that the settings allow, and takes any other up to the longest', async () => {
    await atMost(36);
    const { days } = (await opened()).fields;
    expect(days).toMatchObject({ kind: 'choice', initial: '36h' });
    expect(days && 'options' in days && days.options.map(({ label }) => label)).toEqual([
      '4 hours',
      '1 day',
      '36 hours',
    ]);
    const answers = { days: '24h', otherLength: '6 Stunden' };
    await grantAccess.submit(call(), answers, await chat.turn(boss.email));
    const [hold] = await chat.services.stores.holds.openAt(ann.id, integrationId);
    expect(hold?.endsAt).toEqual(new Date(chat.clock + DAY / 4));
  });

  test.each([
    { what: 'nothing', days: '', field: 'days' },
    { what: 'no end, in a form from before', days: 'no-end', field: 'days' },
    { what: 'too long a choice', days: '168h', field: 'days' },
    { what: 'too long a time', otherLength: '37h', field: 'otherLength' },
    { what: 'no time', otherLength: 'soon', field: 'otherLength' },
  ])(
    'for $what is refused where the settings have a longest time',
    async ({ days = '24h', otherLength = '', field }) => {
      await atMost(36);
      const answers = { days, otherLength };
      const reply = await grantAccess.submit(call(), answers, await chat.turn(boss.email));
      expect(reply).toEqual({
        kind: 'invalid',
        errors: { [field]: 'Enter a time like 2 hours, at most 36 hours.' },
      });
      expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toEqual([]);
    },
  );

  test('of what ends already begins with the days that are left', async () => {
    await held(10);
    chat.clock += 2 * DAY;
    expect((await opened()).fields['days']).toMatchObject({ initial: '192h' });
  });
});
