/** Accounts of nobody open one task for each app, which closes by itself. */
import { beforeEach, expect, test } from 'vitest';
import {
  adoptAccount,
  ignoreAccount,
  makeServiceAccount,
} from '../../../../src/bots/features/findings/decide-finding.ts';
import { viewFindings } from '../../../../src/bots/features/findings/findings-card.ts';
import { taskCard, taskDone } from '../../../../src/bots/features/tasks/task-card.ts';
import { newId } from '../../../../src/core/ids.ts';
import { stopGrantsAt } from '../../../../src/engine/access/stop-grants.ts';
import type { Finding } from '../../../../src/engine/findings/finding.ts';
import { followOrphans } from '../../../../src/engine/findings/orphan-task.ts';
import { insertTask } from '../../../../src/engine/tasks/new-task.ts';
import type { Task } from '../../../../src/engine/tasks/task.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';

const manifest = {
  execute: [{ url: 'https://api.example.com/users' }],
  accounts: {
    execute: [{ url: 'https://api.example.com/users', method: 'GET' }],
    data_structure: { email: 'mail' },
  },
};
const system = { kind: 'system' } as const;

let chat: TestChat;
let fernboard: string;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  fernboard = await chat.integration('Fernboard', manifest);
});

const ada = () => new Clicker(chat, 'ada@example.com');

async function orphan(mail: string): Promise<Finding> {
  const at = chat.services.now();
  const seen = { integrationId: fernboard, roundId: 'r', at, newId };
  return chat.services.transact(async (tx) => {
    await tx.listedAccounts.put([{ key: mail, email: mail, name: '' }], seen);
    const [account] = await tx.listedAccounts.withEmails('r', [mail]);
    const finding: Finding = {
      id: newId(),
      version: 1,
      integrationId: fernboard,
      kind: 'orphan',
      state: 'open',
      accountId: account?.id,
      label: mail,
      foundAt: at,
      seenAt: at,
      roundId: 'r',
    };
    await tx.findings.insert(finding);
    return finding;
  });
}

/** As the end of a round does. */
const follow = () =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard);
    if (integration) await followOrphans(tx, integration, system);
  });

const tasks = async (): Promise<readonly Task[]> =>
  (await chat.services.stores.tasks.list({ integrationId: fernboard }, { offset: 0, limit: 9 }))
    .tasks;

test('two orphans are one task, which any admin opens the list from and nobody ends by Done', async () => {
  await orphan('one@elsewhere.example');
  await orphan('two@elsewhere.example');
  await follow();
  await follow();
  const [task, ...others] = await tasks();
  expect(others).toEqual([]);
  expect(task).toMatchObject({ state: 'open', title: 'Find the owners of accounts at Fernboard' });
  if (!task) return;
  const reader = await liveReader(chat, 'ada@example.com');
  const card = await taskCard.render(JSON.stringify({ taskId: task.id }), reader);
  expect(textOf(card)).toContain('Fernboard');
  expect(textOf(card)).not.toContain('ada@example.com');
  const labels = buttonsOf(card).map(({ label }) => label);
  expect(labels).toContain('View accounts');
  expect(labels).not.toContain('Done');
  const told = await ada().presses(taskDone.with({ taskId: task.id }));
  expect(told.title).toBe('Latchkey ends this task');
  expect((await tasks())[0]?.state).toBe('open');
  const shown = { page: 0, standing: 'open', kind: 'orphan', integrationId: fernboard } as const;
  expect(textOf(await ada().presses(viewFindings.with(shown)))).toContain('one@elsewhere.example');
});

test.each([
  ['adopted', adoptAccount, { email: 'ann@example.com' }],
  ['a service account', makeServiceAccount, { email: 'ann@example.com', until: '2027-01-01' }],
] as const)('it is done when the last orphan is %s', async (_how, decide, values) => {
  const [first, last] = [
    await orphan('one@elsewhere.example'),
    await orphan('two@elsewhere.example'),
  ];
  await follow();
  await ada().press(ignoreAccount.with({ findingId: first.id }));
  expect((await tasks())[0]?.state).toBe('open');
  await ada().sends(decide.with({ findingId: last.id }), values);
  expect((await tasks())[0]).toMatchObject({ state: 'done' });
});

test('it is cancelled when a list no longer has any, and opens again with the next one', async () => {
  const { stores, transact } = chat.services;
  const finding = await orphan('one@elsewhere.example');
  await follow();
  await transact((tx) => tx.findings.save({ ...finding, state: 'resolved' }));
  await follow();
  expect((await tasks()).map(({ state }) => state)).toEqual(['cancelled']);
  await orphan('three@elsewhere.example');
  await follow();
  expect((await tasks()).map(({ state }) => state)).toEqual(['open', 'cancelled']);
  expect((await stores.auditLog.list({ offset: 0, limit: 9 })).map(({ what }) => what)).toContain(
    'task.opened',
  );
});

test('it ends when the app is turned off', async () => {
  await orphan('one@elsewhere.example');
  await follow();
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard);
    if (integration) await stopGrantsAt(tx, integration, { actor: system });
  });
  expect((await tasks()).map(({ state }) => state)).toEqual(['cancelled']);
});

test('a task of 0.2.0 about access that remains at a deleted app has its Done', async () => {
  const { stores, transact, now } = chat.services;
  const task = await transact(async (tx) => {
    const integration = present(await tx.integrations.find(fernboard));
    const admin = firstOf(await tx.people.admins());
    await tx.integrations.save({ ...integration, enabled: false, deletedAt: now() });
    const about = { personId: admin.id, integrationId: fernboard };
    const wanted = { ...about, kind: 'other', title: 'Fernboard was deleted' } as const;
    return insertTask(tx, wanted, { ...about, actor: system });
  });
  const reader = await liveReader(chat, 'ada@example.com');
  const card = await taskCard.render(JSON.stringify({ taskId: task.id }), reader);
  await ada().press(buttonOf(card, 'Done'));
  expect(await stores.tasks.find(task.id)).toMatchObject({ state: 'done' });
});
