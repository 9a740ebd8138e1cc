/** The bot mentioned in a channel. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot({});
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

const called = (method: string) =>
  running.double.web.calls.filter((call) => call.method === method).map(({ args }) => args);

test('is answered there, for its writer alone', async () => {
  await ann.mention('@latchkey access bob');
  const card = await running.double.message('Access of bob');
  expect(card).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
});

test('reads the words after the mention, and mentioned people by their ids', async () => {
  const bob = running.double.addUser('bob');
  await ann.mention('Hello all, ask @latchkey access @bob');
  expect(await running.double.message(`(${bob.id})`)).toBeDefined();
});

test('in a thread is answered in that thread', async () => {
  await ann.mention('@latchkey access bob', { thread_ts: '17.1' });
  await running.double.message('Access of bob');
  expect(called('chat.postEphemeral')).toMatchObject([{ thread_ts: '17.1', user: ann.id }]);
});

test('has buttons that work', async () => {
  await ann.mention('@latchkey access bob');
  await ann.press(await running.double.message('Access of bob'), 'Grant');
  expect(await running.double.nextModal(({ updates }) => updates > 0)).toBeDefined();
});

test('that asks for a form is offered one in the direct conversation, and says so', async () => {
  await ann.mention('@latchkey form');
  const offer = await running.double.message('Press the button');
  expect(offer.channel).toBe(ann.direct);
  const note = await running.double.message("I've sent it to you");
  expect(note).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
});

test('that asks for a form in a channel that the bot has left is offered one all the same', async () => {
  running.double.workspace.channels.set('C0LEFT', { member: false });
  await ann.mention('@latchkey form', { channel: 'C0LEFT' });
  const offer = await running.double.message('Press the button');
  expect(offer.channel).toBe(ann.direct);
  await ann.press(offer, 'Open the form');
  expect(await running.double.nextModal(({ updates }) => updates > 0)).toBeDefined();
  expect(running.scene.errors).toEqual([]);
});

test('whose answer is too long for a channel is answered directly, and says so', async () => {
  await ann.mention('@latchkey long');
  expect(await running.double.message('Line 299.')).toMatchObject({ channel: ann.direct });
  const note = await running.double.message("I've sent it to you");
  expect(note).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
});

test('in a channel that the bot has left since is answered directly', async () => {
  running.double.workspace.channels.set('C0LEFT', { member: false });
  await ann.mention('@latchkey access bob', { channel: 'C0LEFT' });
  expect(await running.double.message('Access of bob')).toMatchObject({ channel: ann.direct });
});

test('is answered there though Slack asks to wait for a moment', async () => {
  running.double.web.limitNext('chat.postEphemeral', 0);
  await ann.mention('@latchkey access bob');
  expect(await running.double.message('Access of bob')).toMatchObject({ channel: 'C0GENERAL' });
});

test('that comes twice does one thing once', async () => {
  const delivery = await ann.mention('@latchkey access bob');
  await delivery.again();
  await ann.command('access afterwards', ann.direct);
  await running.double.message('Access of afterwards');
  expect(running.double.workspace.messages).toHaveLength(2);
});

test('by another app is left alone', async () => {
  await ann.mention('@latchkey access bob', { bot_id: 'B0OTHER' });
  await ann.command('access afterwards', ann.direct);
  await running.double.message('Access of afterwards');
  expect(running.double.workspace.messages).toHaveLength(1);
});
