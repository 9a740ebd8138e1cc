import { beforeEach, expect, test } from 'vitest';
import {
  keepAllPaused,
  keepPausedAccess,
  pausedRemovals,
  removePausedAccess,
} from '../../../../src/bots/features/access/paused-removals.ts';
import { removalLine } from '../../../../src/bots/features/access/removal-words.ts';
import { hirePerson } from '../../../../src/bots/features/people/hire-person.ts';
import {
  deactivatePerson,
  reactivatePerson,
} from '../../../../src/bots/features/people/leave-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';
import { workOnRemovals } from '../../../support/removals.ts';

const DAY = 24 * 60 * 60_000;

let chat: TestChat;
let ada: Person;
let ann: Person;
let fernboard: string;
let ledger: string;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'bea@example.com', firstName: 'Bea', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  const manifest = {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
  };
  fernboard = await chat.integration('Fernboard', manifest);
  ledger = await chat.integration('Ledger', manifest);
  for (const integrationId of [fernboard, ledger]) {
    const at = chat.services.now();
    const access = { personId: ann.id, integrationId, reason: '', since: at, checkedAt: at };
    await chat.services.stores.access.put({ ...access, state: 'has' });
  }
  const { payload } = deactivatePerson.with({ personId: ann.id });
  await deactivatePerson.submit(payload, {}, await chat.turn(ada.email));
});

async function back(): Promise<void> {
  const { payload } = reactivatePerson.with({ personId: ann.id });
  await reactivatePerson.submit(payload, {}, await chat.turn(ada.email));
  await workOnRemovals(chat);
}
async function list(reader = ada): Promise<string> {
  const { payload } = pausedRemovals.with({ personId: ann.id, page: 0 });
  return textOf(await pausedRemovals.render(payload, await liveReader(chat, reader.email)));
}
async function readers(): Promise<readonly string[]> {
  const jobs = await chat.database
    .db<{ id: string; name: string; payload: string }>('jobs')
    .where({ name: 'message.post' });
  return jobs
    .map(({ payload }) => JSON.parse(payload) as { personId: string; card: { view: string } })
    .filter(({ card: { view } }) => view === 'paused-removals')
    .map(({ personId }) => (personId === ada.id ? 'Ada' : personId));
}
const removalAt = async (integrationId: string) =>
  chat.services.stores.removals.latest(ann.id, integrationId);

test('deactivating says that everything is removed now', async () => {
  await back();
  const { payload } = deactivatePerson.with({ personId: ann.id });
  const reply = await deactivatePerson.press(payload, await chat.turn(ada.email));
  const form = reply.kind === 'open' && (await reply.form);
  expect(JSON.stringify(form)).toContain(
    'Latchkey removes all their access now. Their record and history stay until you erase them. The audit log stays.',
  );
});

test('who made someone active again gets the list of what was being removed', async () => {
  await back();
  expect(await readers()).toEqual(['Ada']);
  expect(await list()).toBe(
    [
      'Ann Lee is back: what should they keep?',
      "Latchkey was removing this because they had left. Anything you don't keep will be removed on 28 Nov 2026, 09:00.",
      'Fernboard · if you keep it: no end date',
      '[Keep] [Remove]',
      'Ledger · if you keep it: no end date',
      '[Keep] [Remove]',
      '[Keep all]',
    ].join('\n'),
  );
});

test('who hires someone who had left gets it, too', async () => {
  const values = { firstName: 'Ann', lastName: 'Lee', email: ann.email };
  await hirePerson.submit(hirePerson.with({}).payload, values, await chat.turn(ada.email));
  await workOnRemovals(chat);
  expect(await readers()).toEqual(['Ada']);
});

const allowAtMost = (longestHours: number) =>
  chat.services.transact(async (tx) => {
    const integration = present(await tx.integrations.find(fernboard));
    const settings = { policy: { ...defaultPolicy, longestHours } };
    await tx.integrations.save({ ...integration, settings });
  });

test('what could be kept for hours says for how long, which is true on another day, too', async () => {
  await allowAtMost(4);
  await back();
  expect(await list()).toContain('Fernboard · if you keep it: for 4 hours\n');
});

test('Keep withdraws the removal and holds the access as long as the settings allow', async () => {
  await allowAtMost(30 * 24);
  await back();
  expect(await list()).toContain('Fernboard · if you keep it: for 30 days');
  const { payload } = keepPausedAccess.with({ removalId: (await removalAt(fernboard))?.id ?? '' });
  await keepPausedAccess.press(payload, await chat.turn(ada.email));
  expect(await removalAt(fernboard)).toMatchObject({ state: 'withdrawn' });
  expect(await chat.services.stores.holds.openAt(ann.id, fernboard)).toMatchObject([
    { source: 'kept', endsAt: new Date(chat.clock + 30 * DAY) },
  ]);
  expect(await list()).not.toContain('Fernboard');
});

test('Remove goes on at once', async () => {
  await back();
  const { payload } = removePausedAccess.with({ removalId: (await removalAt(ledger))?.id ?? '' });
  await removePausedAccess.press(payload, await chat.turn(ada.email));
  const removal = await removalAt(ledger);
  expect(removal?.pausedUntil).toBeUndefined();
  expect(removal).toMatchObject({ dueAt: chat.services.now() });
  expect(await list()).not.toContain('Ledger');
});

test('one row that is left has no Keep all', async () => {
  await back();
  const { payload } = keepPausedAccess.with({ removalId: (await removalAt(fernboard))?.id ?? '' });
  await keepPausedAccess.press(payload, await chat.turn(ada.email));
  expect(await list()).toContain('Ledger');
  expect(await list()).not.toContain('[Keep all]');
});

test('who kept it stands with the removal', async () => {
  await back();
  const removalId = (await removalAt(fernboard))?.id ?? '';
  const { payload } = keepPausedAccess.with({ removalId });
  await keepPausedAccess.press(payload, await chat.turn(ada.email));
  const kept = present(await chat.services.stores.removals.find(removalId));
  expect(await removalLine(kept, await liveReader(chat, ada.email))).toBe(
    'Not removed: Ada kept it on 25 Nov 2026',
  );
});

test('Keep all keeps everything, and the list says that it is decided', async () => {
  await back();
  const { payload } = keepAllPaused.with({ personId: ann.id });
  await keepAllPaused.press(payload, await chat.turn(ada.email));
  expect(await chat.services.stores.removals.openOf(ann.id)).toEqual([]);
  expect(await list()).toMatch(/Nothing is left to decide\.[^]*\[Access\]/);
});

test('pressed a second time it says that this is decided', async () => {
  await back();
  const { payload } = keepPausedAccess.with({ removalId: (await removalAt(fernboard))?.id ?? '' });
  await keepPausedAccess.press(payload, await chat.turn(ada.email));
  const reply = await keepPausedAccess.press(payload, await chat.turn(ada.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain('This has already been decided');
});

test('an app that asks for codes is kept by a grant, which takes one', async () => {
  await back();
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(ledger);
    if (integration)
      await tx.integrations.save({ ...integration, settings: { asksForCodes: true } });
  });
  expect(await list()).toContain(
    'Ledger · asks for a code, so grant it instead\n[Grant…] [Remove]',
  );
  const removal = await removalAt(ledger);
  const { payload } = keepPausedAccess.with({ removalId: removal?.id ?? '' });
  const reply = await keepPausedAccess.press(payload, await chat.turn(ada.email));
  expect(JSON.stringify(reply)).toContain('Ledger asks for a code, so grant it instead.');
  await keepAllPaused.press(
    keepAllPaused.with({ personId: ann.id }).payload,
    await chat.turn(ada.email),
  );
  expect((await removalAt(ledger))?.state).toBe('waiting');
  expect((await removalAt(fernboard))?.state).toBe('withdrawn');
});
