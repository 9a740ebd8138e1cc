/** A task with a checklist: who ticks what, on cards of different ages. */
import { beforeEach, expect, test } from 'vitest';
import { taskCard, taskDone, taskTick } from '../../../../src/bots/features/tasks/task-card.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { Task } from '../../../../src/engine/tasks/task.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { teamIn } from '../../../support/team.ts';

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let task: Task;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  task = {
    id: 'task-1',
    version: 1,
    state: 'open',
    kind: 'other',
    title: 'Order a laptop',
    personId: ann.id,
    assigneeId: boss.id,
    createdAt: chat.services.now(),
    comments: [],
    checklist: [{ text: 'Choose' }, { text: 'Order' }, { text: 'Encrypt' }],
  };
  await chat.services.transact((tx) => tx.tasks.insert(task));
});

const target = () => ({ taskId: task.id });
const press = async (by: Person, shown: number[], ticked: number[], action = taskTick) => {
  const { payload } = action.with({ ...target(), ticks: { shown, ticked } });
  return action.press(payload, await chat.turn(by.email));
};
const ticks = async () =>
  (await chat.services.stores.tasks.find(task.id))?.checklist?.map(({ doneById }) => doneById);
const cardFor = async (reader: Person) =>
  taskCard.render(taskCard.with(target()).payload, await liveReader(chat, reader.email));

test('a tick names who ticked, and a tick that is removed is gone', async () => {
  await press(boss, [], [0, 2]);
  expect(textOf(await cardFor(boss))).toContain(`☑ Choose · ${boss.firstName}`);
  await press(boss, [0, 2], [2]);
  expect(await ticks()).toEqual([undefined, undefined, boss.id]);
});

test('an older card takes back no tick that it does not show', async () => {
  await press(boss, [], [0]);
  await press(admin, [], [1]);
  expect(await ticks()).toEqual([boss.id, admin.id, undefined]);
});

test('a tick that is removed before the card shows it is gone', async () => {
  const click = async (by: Person, ticked: number[]) => {
    const sent = { shown: [], ticked, offered: [0, 1] };
    const { payload } = taskTick.with({ ...target(), ticks: sent });
    return taskTick.press(payload, await chat.turn(by.email));
  };
  await press(boss, [], [2]); // Stands among other checkboxes.
  await click(admin, [1]);
  await click(boss, [0]);
  await click(boss, []);
  expect(await ticks()).toEqual([undefined, admin.id, boss.id]);
});

test('a click that comes twice changes nothing more', async () => {
  await press(boss, [], [0]);
  const before = await chat.services.stores.tasks.find(task.id);
  await press(admin, [], [0]);
  expect(await chat.services.stores.tasks.find(task.id)).toEqual(before);
});

test('nobody ticks a task of others', async () => {
  const reply = await press(ann, [], [0]);
  expect(reply).toMatchObject({ card: { title: "This isn't yours" } });
  expect(await ticks()).toEqual([undefined, undefined, undefined]);
});

test('Done stores the ticks that it carries, and ends the task where they are all', async () => {
  await press(boss, [], [0, 1], taskDone);
  expect(await ticks()).toEqual([boss.id, boss.id, undefined]);
  await press(boss, [0, 1], [0, 1, 2], taskDone);
  expect((await chat.services.stores.tasks.find(task.id))?.state).toBe('done');
  expect(await press(boss, [0, 1, 2], [])).toMatchObject({
    card: { title: 'This task is closed' },
  });
});

test('a tick button of an earlier version is stale', async () => {
  const payload = JSON.stringify({ ...target(), index: 0, isDone: true });
  await expect(taskTick.press(payload, await chat.turn(boss.email))).rejects.toMatchObject({
    code: 'bad-payload',
  });
});
