/** A person gets another manager: what was open with the old one moves to the new one at that moment. */
import { beforeEach, expect, test } from 'vitest';
import { approveRequest } from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import { taskCard, taskDone } from '../../../../src/bots/features/tasks/task-card.ts';
import { addManual } from '../../../../src/engine/integrations/integrations.ts';
import { changePerson } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { PersonDetails } from '../../../../src/engine/people/person-details.ts';
import { policyKey } from '../../../../src/engine/requests/access-request.ts';
import { reevaluateRequests } from '../../../../src/engine/requests/reevaluate-requests.ts';
import { type Assignee, defaultPolicy } from '../../../../src/engine/settings/settings.ts';
import { reassignTask } from '../../../../src/engine/tasks/change-task.ts';
import { openGrantTask } from '../../../../src/engine/tasks/manual.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { ok, present } from '../../../support/given/outcomes.ts';

const SYSTEM = { actor: { kind: 'system' } } as const;

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

/** As HR moves her; an empty address: she has no manager any more. */
async function move(managerEmail: string): Promise<void> {
  await change({ managerEmail });
  await reevaluateRequests({ personId: ann.id }, chat.services);
}

async function change(details: PersonDetails): Promise<void> {
  const { transact } = chat.services;
  ann = ok(await transact((tx) => changePerson(tx, ann, { ...SYSTEM, details }))).person;
}

async function asked(): Promise<string> {
  const integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  const { payload } = askForAccess.with({ integrationId });
  await askForAccess.submit(payload, { reason: 'A project' }, await chat.turn(ann.email));
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  return requests[0]?.id ?? '';
}

async function openTask(assignee: Assignee) {
  return chat.services.transact(async (tx) => {
    const added = ok(await addManual(tx, { name: 'Badge', assignee }, SYSTEM));
    return openGrantTask(tx, { ...SYSTEM, person: ann, integration: added.integration });
  });
}
const task = async (id: string) => present(await chat.services.stores.tasks.find(id));
const taskFor = async (reader: Person, taskId: string) =>
  textOf(
    await taskCard.render(taskCard.with({ taskId }).payload, await liveReader(chat, reader.email)),
  );

const approve = async (by: Person, requestId: string) => {
  const { payload } = approveRequest.with({ requestId, rules: policyKey(defaultPolicy) });
  return approveRequest.press(payload, await chat.turn(by.email));
};
const stateOf = async (requestId: string) =>
  (await chat.services.stores.requests.find(requestId))?.state;

test('an open request is the new manager’s to approve, and no longer the old one’s', async () => {
  const requestId = await asked();
  await move(cleo.email);
  await approve(bo, requestId);
  expect(await stateOf(requestId)).toBe('open');
  const { payload } = requestCard.with({ requestId });
  const old = await requestCard.render(payload, await liveReader(chat, bo.email));
  expect(textOf(old)).not.toContain('A project');
  expect(await chat.services.stores.requests.approvers(requestId)).toEqual([cleo.id]);
  await approve(cleo, requestId);
  expect(await stateOf(requestId)).toBe('approved');
});

test('an open task for the manager is the new one’s, who gets its card; the old one loses it', async () => {
  const { id } = await openTask({ kind: 'manager' });
  expect((await task(id)).assigneeId).toBe(bo.id);
  await move(cleo.email);
  expect((await task(id)).assigneeId).toBe(cleo.id);
  expect(await taskFor(bo, id)).toContain("You can't see this task any more");
  expect(await taskFor(cleo, id)).toContain('Assigned to you.');
  await taskDone.press(taskDone.with({ taskId: id }).payload, await chat.turn(bo.email));
  expect((await task(id)).state).toBe('open');
});

test('without a new manager any admin may do it', async () => {
  const { id } = await openTask({ kind: 'manager' });
  await move('');
  expect((await task(id)).assigneeId).toBeUndefined();
});

test('an open task for the buddy is the new one’s, and stays with the old one where only the manager changes', async () => {
  await change({ buddyEmail: bo.email });
  const { id } = await openTask({ kind: 'buddy' });
  await move(cleo.email);
  expect((await task(id)).assigneeId).toBe(bo.id);
  await change({ buddyEmail: cleo.email });
  expect((await task(id)).assigneeId).toBe(cleo.id);
});

test('a task stays with the person who was named for it, or got it from an admin', async () => {
  const named = await openTask({ kind: 'person', personId: bo.id });
  await move(cleo.email);
  expect((await task(named.id)).assigneeId).toBe(bo.id);
});

test('a task that an admin gave to someone else stays there', async () => {
  const { id } = await openTask({ kind: 'manager' });
  const dan = await chat.person({ email: 'dan@example.com', firstName: 'Dan' });
  await chat.services.transact(async (tx) => {
    const open = await tx.tasks.find(id);
    if (open?.state === 'open')
      await reassignTask(tx, open, { ...SYSTEM, assignee: dan, dueDate: open.dueDate });
  });
  await move(cleo.email);
  expect((await task(id)).assigneeId).toBe(dan.id);
});
