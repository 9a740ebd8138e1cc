import { beforeEach, expect, test } from 'vitest';
import { askForAccess } from '../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../src/bots/features/requests/request-card.ts';
import { unreachedBy } from '../../../src/bots/features/requests/unreached.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../src/engine/ports/jobs.ts';
import type { Mail } from '../../../src/engine/ports/sending.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { askApprovers } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { type TestChat, testChat } from '../../support/chat.ts';

let chat: TestChat;
let boss: Person;
let admin: Person;
let ann: Person;
let mails: Mail[];
let requestId: string;
/** How often the mail server has enough to do before it takes one. */
let busyTimes: number;
let isDown: boolean;

beforeEach(async () => {
  chat = await testChat();
  mails = [];
  busyTimes = 0;
  isDown = false;
  admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: boss.email });
  const integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { reason: 'A project' }, await chat.turn(ann.email));
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  requestId = requests[0]?.id ?? '';
  await chat.database.db('jobs').delete();
});

const unreached = (person: Person) =>
  unreachedBy({
    ...chat.services,
    pause: async () => {
      busyTimes -= 1;
    },
    mailer: {
      send: async (mail) => {
        if (isDown) return { kind: 'later', why: 'It is down.' };
        if (busyTimes > 0) return { kind: 'busy', why: 'It waits its turn.', afterMs: 1000 };
        mails.push(mail);
        return { kind: 'sent' };
      },
    },
  })(person.id, requestCard.with({ requestId }));

const posted = async () =>
  (
    await chat.database
      .db<{ name: string; payload: string }>('jobs')
      .where({ name: 'message.post' })
      .select('payload')
  ).map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as Jobs['message.post'];
    return `${card.view} to ${personId === admin.id ? 'admin' : personId === ann.id ? 'ann' : 'boss'}`;
  });

test('an approver whom chat can’t reach gets an email, admins the card, and the requester is notified', async () => {
  await unreached(boss);
  expect(mails).toMatchObject([{ to: boss.email, subject: 'Ann requests Fernboard' }]);
  expect(await posted()).toEqual(['request to admin', 'approver-unreached to ann']);
  const { stores } = chat.services;
  expect((await stores.requests.approvers(requestId)).toSorted()).toEqual(
    [admin.id, boss.id].toSorted(),
  );
});

test('an admin who can’t be reached either gets an email, and nobody is asked a second time', async () => {
  await unreached(boss);
  await chat.database.db('jobs').delete();
  await unreached(admin);
  expect(await posted()).toEqual([]);
  expect(mails.map(({ to }) => to)).toEqual([boss.email, admin.email]);
});

test('the email waits its turn where the mail server has enough to do, and is not lost', async () => {
  busyTimes = 2;
  await unreached(boss);
  expect(mails.map(({ to }) => to)).toEqual([boss.email]);
});

test('the email comes when the mail server is back, and admins are asked once', async () => {
  isDown = true;
  await expect(unreached(boss)).rejects.toThrow('The mail server has not taken the email');
  isDown = false;
  await unreached(boss); // The queue tries again.
  expect(mails.map(({ to }) => to)).toEqual([boss.email]);
  expect(await posted()).toEqual(['request to admin', 'approver-unreached to ann']);
});

test('the email is in the language of the approver, not in the one of the workspace', async () => {
  await chat.services.transact((tx) => tx.people.save({ ...boss, locale: 'de' }));
  await unreached(boss);
  expect(mails.map(({ subject }) => subject)).toEqual(['Ann fragt Fernboard an']);
});

test('who has approved already gets no email, and nobody hears that they can’t be reached', async () => {
  const dee = await chat.person({ email: 'dee@example.com', firstName: 'Dee' });
  const { stores, transact } = chat.services;
  await transact(async (tx) => {
    const request = await tx.requests.find(requestId);
    const stage = { approvals: 2, differentPerson: false };
    const approvers = [{ kind: 'people' as const, personIds: [boss.id, dee.id] }];
    const route = { kind: 'stages' as const, stages: [{ ...stage, approvers }] };
    const app = request && (await tx.integrations.find(request.integrationId));
    if (request?.state !== 'open' || !app) throw new Error('It is gone');
    const asked = (await tx.requests.save({ ...request, route })) as typeof request;
    await askApprovers(tx, asked, app);
    const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
    const rules = rulesKey((await tx.requests.find(requestId)) ?? asked, app);
    const press = { requestId, verdict: 'approve', rules, by: boss, actor } as const;
    expect((await decideRequest(tx, press)).kind).toBe('counted');
  });
  await chat.database.db('jobs').delete();
  await unreached(boss);
  expect(mails).toEqual([]);
  expect(await posted()).toEqual([]);
  expect((await stores.requests.find(requestId))?.escalatedAt).toBeUndefined();
});
