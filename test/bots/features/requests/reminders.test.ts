/** Reminders of open requests respect absences and quiet hours. */
import { beforeEach, expect, test } from 'vitest';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { endDelegation, setDelegate } from '../../../../src/engine/requests/absences.ts';
import { undecidedSources } from '../../../../src/engine/requests/undecided.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat } from '../../../support/chat.ts';
import { Clicker } from '../../../support/clicks.ts';
import { messaged } from '../../../support/messaged.ts';
import { fire } from '../../../support/tick.ts';

const HOUR = 60 * 60_000;
const system = { kind: 'system' } as const;

let chat: TestChat;
let bo: Person;
let cleo: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  cleo = await chat.person({ email: 'cleo@example.com', firstName: 'Cleo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: bo.email });
});

async function ask(changed: Partial<Policy> = {}): Promise<void> {
  const integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://fernboard.example/u' }],
  });
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(integrationId);
    const policy = { ...defaultPolicy, ...changed };
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
  const form = askForAccess.with({ integrationId });
  await new Clicker(chat, ann.email).gets(form, { reason: 'A project' });
}

/** So many hours later. */
async function after(hours: number): Promise<readonly string[]> {
  chat.clock += hours * HOUR;
  await fire(chat.services, undecidedSources);
  return messaged(chat);
}

const isAway = (person = bo, delegate = cleo) => {
  const days = { from: '2026-11-25', until: '2026-11-30' };
  const delegation = { personId: person.id, delegateId: delegate.id, ...days };
  return chat.services.transact((tx) => setDelegate(tx, delegation, system));
};

/** In UTC, where everyone is here. */
const areQuiet = (from: string, until: string) =>
  chat.services.transact((tx) => changeWorkspaceSettings(tx, { quietHours: { from, until } }));

test('who is away is not reminded: their delegate is', async () => {
  await isAway();
  expect(await messaged(chat)).toEqual(['Cleo']); // That she is the delegate.
  await ask();
  expect(await messaged(chat)).toEqual(['Bo', 'Cleo']);
  expect(await after(24)).toEqual(['Cleo']);
});

test('where the delegate is away, too, both are reminded', async () => {
  await isAway();
  await isAway(cleo, await chat.person({ email: 'dee@example.com', firstName: 'Dee' }));
  await ask();
  await messaged(chat);
  expect(await after(24)).toEqual(['Bo', 'Cleo']);
});

test('who is back is reminded again', async () => {
  await isAway();
  await ask();
  await chat.services.transact((tx) => endDelegation(tx, bo, system));
  await messaged(chat);
  expect(await after(24)).toEqual(['Bo']);
});

test('a reminder waits for the end of quiet hours, and comes then', async () => {
  await areQuiet('08:30', '10:00');
  await ask();
  await messaged(chat);
  expect(await after(24)).toEqual([]);
  chat.clock += HOUR;
  expect(await messaged(chat)).toEqual(['Bo']);
});

test('a request itself comes at once, also in quiet hours: someone may need it now', async () => {
  await areQuiet('08:30', '10:00');
  await ask();
  expect(await messaged(chat)).toEqual(['Bo']);
});

test('who left it to a delegate of two approvers is reminded themselves once the delegate has responded', async () => {
  const dee = await chat.person({ email: 'dee@example.com', firstName: 'Dee' });
  await isAway();
  const approvers = { kind: 'people' as const, personIds: [bo.id, dee.id, cleo.id] };
  await ask({ approvers, approvals: 2 });
  await chat.services.transact(async (tx) => {
    const [request] = (await tx.requests.list({}, { offset: 0, limit: 1 })).requests;
    const verdict = { personId: cleo.id, verdict: 'approve', at: tx.now, via: 'slack' } as const;
    await tx.requests.putVerdict({ ...verdict, requestId: request?.id ?? '' });
  });
  await messaged(chat);
  expect(await after(24)).toEqual(['Bo', 'Dee']);
});
