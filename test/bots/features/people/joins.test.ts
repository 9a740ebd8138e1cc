import { beforeEach, describe, expect, test } from 'vitest';
import { hirePerson } from '../../../../src/bots/features/people/hire-person.ts';
import { joinsCard } from '../../../../src/bots/features/people/join-list.ts';
import {
  askAboutJoinsWith,
  ignoreJoin,
  joinCard,
} from '../../../../src/bots/features/people/joins.ts';
import type { ChatProfile } from '../../../../src/bots/view/platform.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { claimJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, ofKind } from '../../../support/given/outcomes.ts';

const GRACE: ChatProfile = { name: 'Grace Hopper', email: 'Grace@example.com', kind: 'member' };

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'eve@example.com', firstName: 'Eve', role: 'admin' });
  await chat.person({ email: 'bo@example.com', firstName: 'Bo', role: 'manager' });
  await ask(true);
});

const ask = (askAboutJoins: boolean) =>
  chat.services.transact((tx) => changeWorkspaceSettings(tx, { askAboutJoins }));
const joins = (profile: ChatProfile, userId = 'U9') =>
  askAboutJoinsWith(chat.services)(chat.inbound(userId), profile);

/** What is to be posted: to whom, and which card. */
async function posted() {
  const claim = {
    limit: 50,
    leaseMs: 1,
    workerId: 'w',
    lane: 'chat',
    now: new Date(chat.clock),
  } as const;
  const jobs = await claimJobs(chat.database.db, claim);
  return jobs.flatMap(
    (job) =>
      (job.name === 'message.post' ? [job.payload] : []) as {
        personId: string;
        card: { view: string; payload: string };
      }[],
  );
}

async function joinId(): Promise<string> {
  return firstOf(await chat.services.stores.joins.byEmails(['grace@example.com'])).id;
}

async function shown(email = 'ada@example.com'): Promise<string> {
  const { stores, now } = chat.services;
  const reader = await stores.people.findByEmail(email);
  if (!reader) throw new Error(email);
  const { payload } = joinCard.with({ joinId: await joinId() });
  const context = {
    reader,
    stores,
    now,
    timeZone: 'UTC',
    scheduleZone: 'UTC',
  };
  return textOf(await joinCard.render(payload, context));
}

test('every admin is asked about a member whom the directory lacks, and nobody else', async () => {
  await joins(GRACE);
  const { stores } = chat.services;
  const to = await stores.people.findMany((await posted()).map(({ personId }) => personId));
  expect(to.map(({ firstName }) => firstName)).toEqual(['Ada', 'Eve']);
  expect(await shown()).toMatch(
    /^Grace Hopper joined\. Add them\?\nGrace Hopper \(grace@example.com\) joined Slack on 25 Nov 2026, 09:00\..*\n\[Add…\] \[Not now\]$/,
  );
});

test('once, however often they join', async () => {
  await joins(GRACE);
  await posted();
  await joins(GRACE);
  expect(await posted()).toEqual([]);
});

test.each(['bot', 'guest', 'outside'] as const)('nobody is asked about a %s', async (kind) => {
  await joins({ ...GRACE, kind });
  expect(await posted()).toEqual([]);
});

test('nor about someone without a verified address, someone in the directory, or where it is switched off', async () => {
  await joins({ name: 'Grace', kind: 'member' });
  await joins({ ...GRACE, email: 'bo@example.com' });
  await ask(false);
  await joins(GRACE);
  expect(await posted()).toEqual([]);
});

test('nor about someone whom the directory has by a mail address that counts', async () => {
  await chat.person({ email: 'grace@mail.example' });
  const profile = { ...GRACE, mail: 'grace@mail.example' };
  const { transact } = chat.services;
  await transact((tx) => changeWorkspaceSettings(tx, { mailDomains: ['mail.example'] }));
  await joins(profile);
  expect(await posted()).toEqual([]);
  await transact((tx) => changeWorkspaceSettings(tx, { mailDomains: undefined }));
  await joins(profile);
  expect(await posted()).toHaveLength(2);
});

test('Add… opens the form with name and address; the card says then that they were added', async () => {
  await joins(GRACE);
  const { payload } = hirePerson.with({ joinId: await joinId() });
  const turn = await chat.turn('ada@example.com');
  const reply = ofKind('open', await hirePerson.press(payload, turn));
  expect(await reply.form).toMatchObject({
    fields: {
      firstName: { initial: 'Grace' },
      lastName: { initial: 'Hopper' },
      email: { initial: 'grace@example.com' },
    },
  });
  const values = { firstName: 'Grace', email: 'grace@example.com' };
  await hirePerson.submit(payload, values, turn);
  expect(await shown('eve@example.com')).toMatch(/^✓ Grace is in the directory\n.*\n\[Open\]$/s);
});

test("every other admin's copy is refreshed when someone decides, by any way", async () => {
  await joins(GRACE);
  await posted();
  const { stores, transact } = chat.services;
  const eve = await stores.people.findByEmail('eve@example.com');
  await stores.messages.put({
    id: 'm1',
    card: joinCard.with({ joinId: await joinId() }),
    readerId: eve?.id ?? '',
    address: { platform: 'slack', key: 'x' },
    shown: '',
    postedAt: new Date(0),
  });
  const refreshed = async () => {
    const claim = {
      limit: 9,
      leaseMs: 1,
      workerId: 'w',
      lane: 'chat',
      now: new Date(chat.clock),
    } as const;
    return (await claimJobs(chat.database.db, claim)).map(({ name }) => name);
  };
  await ignoreJoin.press(
    JSON.stringify({ joinId: await joinId() }),
    await chat.turn('ada@example.com'),
  );
  expect(await refreshed()).toEqual(['message.refresh']);
  expect(await shown('eve@example.com')).toMatch(
    /^Grace Hopper wasn't added\n.*Ada chose "Not now"\.\n\[Add anyway…\]$/s,
  );
  const person = await chat.person({ email: 'grace@example.com', firstName: 'Grace' });
  expect(await refreshed()).toEqual(['message.refresh']);
  const actor = { kind: 'system' } as const;
  await transact((tx) => deactivate(tx, person, { ...chat.services, actor }));
  expect(await shown()).toContain('adding them brings them back');
});

test('an admin who is one no longer sees nothing of it and decides nothing', async () => {
  await joins(GRACE);
  expect(await shown('bo@example.com')).toMatch(/^This question is for admins\n/);
  const reply = await ignoreJoin.press(
    JSON.stringify({ joinId: await joinId() }),
    await chat.turn('bo@example.com'),
  );
  expect(reply).toMatchObject({
    kind: 'replace',
    card: { title: "You can't choose who is added" },
  });
  expect((await chat.services.stores.joins.find(await joinId()))?.state).toBe('open');
});

describe('of many on one day', () => {
  const flood = async (from: number, until: number) => {
    for (let n = from; n < until; n += 1)
      await joins({ name: `New ${n}`, email: `n${n}@example.com`, kind: 'member' }, `U${n}`);
  };
  const list = () => new Clicker(chat, 'ada@example.com').sees(joinsCard.with({ page: 0 }));

  test('admins are asked about ten alone, and about all others with one card each', async () => {
    await flood(0, 13);
    const views = (await posted()).map(({ card }) => card.view);
    expect(views.filter((view) => view === 'join')).toHaveLength(20);
    expect(views.filter((view) => view === 'joins')).toHaveLength(2);
    await flood(13, 40);
    expect(await posted()).toEqual([]);
    chat.clock += 24 * 60 * 60_000;
    await flood(40, 41);
    // The leases of the first ones are over by then, so they come again.
    const tomorrow = (await posted()).map(({ card }) => card.view);
    expect(tomorrow.filter((view) => view === 'join')).toHaveLength(22);
  });

  test('the card has all who are open, page by page, and loses those who have been decided on', async () => {
    await flood(0, 10);
    const card = await list();
    expect(textOf(card)).toMatch(
      /^10 people joined\. Add them\?\n.*\nNewest first, page 1 of 2\n/s,
    );
    const ada = new Clicker(chat, 'ada@example.com');
    const after = await ada.presses(buttonOf(card, 'Not now'));
    expect(textOf(after)).toMatch(/^9 people joined/);
    expect(textOf(await ada.presses(buttonOf(after, 'Next')))).toMatch(/page 2 of 2/);
    await chat.person({ email: 'n3@example.com' });
    expect(textOf(await list())).toMatch(/^8 people joined/);
    const people = await ada.types('people');
    expect(textOf(await ada.presses(buttonOf(people, /^Joined, not here: 8 people$/)))).toMatch(
      /^8 people joined/,
    );
  });

  test('nobody of them is added where an admin says so, and the audit log knows', async () => {
    await flood(0, 12);
    const ada = new Clicker(chat, 'ada@example.com');
    expect(textOf(await ada.gets(buttonOf(await list(), 'Add no one…')))).toMatch(
      /^12 people weren't added\n/,
    );
    expect(textOf(await list())).toMatch(/^✓ No one is waiting to be added\n/);
    const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({ what: 'joins.ignored', detail: { count: 12 } });
  });

  test('who joins while an admin is asked about all of them is not decided with them', async () => {
    await flood(0, 12);
    const ada = new Clicker(chat, 'ada@example.com');
    const all = buttonOf(await list(), 'Add no one…');
    const form = await ada.opens(all);
    chat.clock += 60_000;
    await flood(12, 13);
    const reply = await ada.answersTo(form, all, {});
    expect('card' in reply && 'title' in reply.card && reply.card.title).toBe(
      "12 people weren't added",
    );
    expect(textOf(await list())).toMatch(/^1 person joined/);
  });

  test('only admins decide', async () => {
    await flood(0, 2);
    const bo = new Clicker(chat, 'bo@example.com');
    const card = await list();
    expect(textOf(await bo.presses(buttonOf(card, 'Not now')))).toMatch(/^You can't /);
    const all = buttonOf(card, 'Add no one…');
    await expect(bo.opens(all)).rejects.toThrow(/^You can't /);
    expect(await bo.answers(all, {})).toMatchObject({ kind: 'say', to: 'here' });
    expect((await chat.services.stores.joins.open({ offset: 0, limit: 9 })).total).toBe(2);
  });
});
