import { afterEach, beforeEach, expect, test } from 'vitest';
import { homeCard } from '../../../src/bots/features/home.ts';
import { askForAccess } from '../../../src/bots/features/request-access.ts';
import type { Person } from '../../../src/engine/directory.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: boss.email });
  integrationId = await chat.integration('Fernboard', {
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    execute: [{ url: 'https://api.example.com/u' }],
  });
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { reason: 'A project' }, await chat.turn(ann.email));
});
afterEach(() => chat.cleanup());

const homeOf = async ({ email }: Person) => textOf(await homeCard(await chat.turn(email)));

test('an approver sees what waits for them, and their reports', async () => {
  const text = await homeOf(boss);
  expect(text).toContain('Waiting for your decision (1)');
  expect(text).toContain('Ann asks for Fernboard');
  expect(text).toContain('Your reports (1)');
});

test('who asked sees that it waits, and nothing of others', async () => {
  const text = await homeOf(ann);
  expect(text).toContain('Fernboard waits for a decision');
  expect(text).not.toContain('Your reports');
  expect(text).not.toContain('Integrations that need you');
});

test('an admin sees what needs attention, who starts and who leaves', async () => {
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  await chat.person({ email: 'new@example.com', firstName: 'New', startDate: '2026-12-01' });
  const text = await homeOf(admin);
  expect(text).toContain('Fernboard needs secrets');
  expect(text).toContain('New on 1 Dec 2026');
});
