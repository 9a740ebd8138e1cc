import { beforeEach, expect, test } from 'vitest';
import type { Card } from '../../../../src/bots/view/card.ts';
import { revealSecret } from '../../../../src/engine/event-endpoints/change-endpoint.ts';
import {
  type EventEndpoint,
  turnedOff,
} from '../../../../src/engine/event-endpoints/event-endpoint.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { claimJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf } from '../../../support/given/outcomes.ts';

let chat: TestChat;
let ada: Clicker;
let admin: Person;
beforeEach(async () => {
  chat = await testChat();
  admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'odo@example.com', firstName: 'Odo', role: 'auditor' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  ada = new Clicker(chat, 'ada@example.com');
});

const SIEM = {
  name: 'SIEM',
  url: 'https://siem.example.com/s3cret-path?key=s3cret',
  kinds: ['audit'],
};
const labels = (card: Card) => buttonsOf(card).map(({ label }) => label);

async function added(): Promise<Card> {
  const list = await ada.types('events');
  return ada.gets(buttonOf(list, 'Add an endpoint…'), SIEM);
}
async function stored(): Promise<EventEndpoint> {
  return firstOf(await chat.database.stores.eventEndpoints.list());
}
const opened = async (who = ada) => who.presses(buttonOf(await who.types('events'), 'Open: SIEM'));

test('an admin adds an endpoint, and its card shows neither the secret nor the rest of its address', async () => {
  const card = await added();
  const text = textOf(card);
  expect(text).toContain('https://siem.example.com/…');
  expect(text).not.toContain('s3cret');
  expect(text).not.toContain((await stored()).secret);
  expect(labels(card)).toContain('Show the secret');
  expect(textOf(await ada.types('events'))).toContain('1 event endpoint');
});

test('a field that is wrong says why', async () => {
  await added();
  const add = buttonOf(await ada.types('events'), 'Add an endpoint…');
  expect(await ada.isTold(add, { ...SIEM, name: 'siem' })).toEqual({
    name: 'Another event endpoint has this name.',
  });
  expect(
    await ada.isTold(add, { ...SIEM, name: 'x'.repeat(61), url: 'http://example.com' }),
  ).toEqual({
    name: 'Too long: at most 60 characters.',
    url: 'Enter an address that begins with https://, without a user name and password.',
  });
});

test('there are at most ten', async () => {
  const list = await ada.types('events');
  for (let n = 0; n < 10; n += 1)
    await ada.gets(buttonOf(list, 'Add an endpoint…'), { ...SIEM, name: `S${n}` });
  const card = await ada.gets(buttonOf(list, 'Add an endpoint…'), { ...SIEM, name: 'S10' });
  expect(textOf(card)).toContain('There are already 10 event endpoints');
  expect(textOf(await ada.types('events'))).toContain('page 1 of 2');
});

test('an auditor reads what an admin changes, and no one else sees it', async () => {
  await added();
  const odo = new Clicker(chat, 'odo@example.com');
  expect(labels(await odo.types('events'))).toEqual(['Open']);
  expect(labels(await opened(odo))).toEqual(['Deliveries']);
  const ann = new Clicker(chat, 'ann@example.com');
  expect(textOf(await ann.types('events'))).toContain("You can't see event endpoints");
});

test('an edit keeps the secret, and the audit log has the host of the address only', async () => {
  const edit = buttonOf(await added(), 'Edit…');
  const { secret } = await stored();
  await ada.sends(edit, { url: 'https://other.example.com/t0ken', kinds: [] });
  expect(await stored()).toMatchObject({
    url: 'https://other.example.com/t0ken',
    kinds: [],
    secret,
  });
  const entries = await chat.database.stores.auditLog.list({ offset: 0, limit: 9 });
  const changed = entries.find(({ what }) => what === 'event-endpoint.changed');
  expect(changed?.detail).toMatchObject({
    hosts: 'other.example.com',
    hostsBefore: 'siem.example.com',
  });
  expect(JSON.stringify(entries)).not.toMatch(/t0ken|s3cret|whsec_/);
});

test('the secret is shown once, to an admin; a replaced one again', async () => {
  const replace = buttonOf(await added(), 'Replace the secret…');
  const { transact, stores } = chat.database;
  const show = async (personId: string) => {
    const endpoint = await stored();
    return transact((tx) => revealSecret(tx, endpoint, { personId }));
  };
  const ann = await stores.people.findByEmail('ann@example.com');
  expect(await show(ann?.id ?? '')).toBe('gone');
  expect(await show(admin.id)).toMatchObject({ text: (await stored()).secret });
  expect(await show(admin.id)).toBe('shown');
  expect(labels(await opened())).not.toContain('Show the secret');
  const { secret } = await stored();
  await ada.sends(replace);
  expect(textOf(await opened())).toContain('The previous one also signs until');
  expect(await stored()).toMatchObject({ before: { secret }, isRevealed: false });
});

test('a test is queued, and a press on Send again repeats what has ended', async () => {
  const card = await added();
  expect(textOf(await ada.presses(buttonOf(card, 'Send a test')))).toContain(
    'A test is on its way',
  );
  const deliveries = await ada.presses(buttonOf(card, 'Deliveries'));
  expect(textOf(deliveries)).toContain('waits to be sent');
  expect(labels(deliveries)).not.toContain('Send again');
  const { stores, transact } = chat.database;
  const { id } = await stored();
  const waiting = firstOf(await stores.eventDeliveries.waiting(id, 1));
  const { dueAt: _, ...rest } = waiting;
  const now = new Date(chat.clock);
  await transact((tx) =>
    tx.eventDeliveries.save({
      ...rest,
      state: 'failed',
      finishedAt: now,
      attempts: 10,
      status: 500,
      answer: 'Oops',
    }),
  );
  const failed = await ada.presses(buttonOf(card, 'Deliveries'));
  expect(textOf(failed)).toMatch(/failed · 500 · Oops/);
  expect(textOf(await ada.presses(buttonOf(failed, 'Send again')))).toContain('waits to be sent');
});

test('turned off it takes no test, and turned on again it does', async () => {
  const card = await added();
  await ada.press(buttonOf(card, 'Turn off'));
  expect(textOf(await opened())).toContain('Turned off.');
  expect(textOf(await ada.presses(buttonOf(card, 'Send a test')))).toContain('SIEM is turned off');
  await ada.press(buttonOf(await opened(), 'Turn on'));
  expect(labels(await opened())).toContain('Send a test');
});

test('one that can’t be read hides no other one, and another one can be added', async () => {
  await added();
  await chat.database.db('event_endpoints').update({ content: 'damaged' });
  await ada.gets(buttonOf(await ada.types('events'), 'Add an endpoint…'), { ...SIEM, name: 'New' });
  expect(textOf(await ada.types('events'))).toContain('New');
});

test('one that can’t be read is in the list with its name, and an admin deletes it there', async () => {
  await added();
  await chat.database.db('event_endpoints').update({ content: 'damaged' });
  const list = await ada.types('events');
  expect(textOf(list)).toContain("SIEM · ⚠ It can't be read");
  expect(labels(list)).not.toContain('Open');
  expect(labels(await new Clicker(chat, 'odo@example.com').types('events'))).not.toContain(
    'Delete…',
  );
  await ada.sends(buttonOf(list, 'Delete: SIEM'));
  expect(textOf(await ada.types('events'))).toContain('No event endpoints yet');
});

test('deleted it is gone from every card', async () => {
  const card = await added();
  await ada.sends(buttonOf(card, 'Delete…'));
  expect(textOf(await ada.presses(buttonOf(card, 'Deliveries')))).toContain('was deleted');
  expect(await chat.database.stores.eventEndpoints.list()).toEqual([]);
});

test('admins are told once, with the cure, when Latchkey turned it off', async () => {
  await added();
  const { db } = chat.database;
  const endpoint = await stored();
  await chat.services.transact(async (tx) => {
    await tx.eventEndpoints.save(turnedOff(endpoint, 'failing', tx.now));
    await tx.emit({ kind: 'event-endpoint-off', endpointId: endpoint.id });
  });
  const claim = { lane: 'chat', limit: 50, leaseMs: 1000, workerId: 'w' } as const;
  const jobs = await claimJobs(db, { ...claim, now: new Date(chat.clock) });
  const notices = jobs.filter(({ name }) => name === 'message.post');
  expect(notices.map(({ payload }) => payload)).toMatchObject([
    { personId: admin.id, card: { view: 'event-endpoint' } },
  ]);
  expect(textOf(await opened())).toContain('Repair the receiver, then turn it on');
  const home = await ada.types('home');
  expect(textOf(home)).toContain('SIEM gets no events: Latchkey turned it off');
  const card = await ada.presses(buttonOf(home, 'Open: SIEM'));
  expect(textOf(card)).toContain('Events to SIEM');
});
