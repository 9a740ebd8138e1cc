/** Links to our pages in Slack: what stands below them, and what a press there does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Card } from '../../../src/bots/view/card.ts';
import { readable } from '../../support/slack-double/readable.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { PAGE, PREVIEW, type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;
let bob: SlackUser;

beforeEach(async () => {
  running = await runBot({});
  ann = running.double.addUser('ann');
  bob = running.double.addUser('bob');
});
afterEach(() => running.stop());

const unfurled = () => running.double.web.calls.filter(({ method }) => method === 'chat.unfurl');
const titleOf = ({ title }: Card) => title;

test('a page of ours has a preview, before and after the message is sent', async () => {
  for (const source of ['composer', 'conversations_history'] as const) {
    const shared = await ann.share([PAGE], { source });
    await running.double.call('chat.unfurl');
    await running.slack.stop();
    expect(readable(shared.previews.get(PAGE) ?? [])).toContain(titleOf(PREVIEW));
  }
  expect(running.scene.errors).toEqual([]);
});

test('a message of before Slack’s composer had previews is named by its place', async () => {
  const shared = await ann.share([PAGE], { unfurl_id: undefined, source: 'conversations_history' });
  await running.slack.stop();
  expect(shared.previews.has(PAGE)).toBe(true);
});

test('what has no preview is left alone, beside what has one', async () => {
  const other = `${PAGE}/other`;
  expect((await ann.share([other])).delivery.status).toBe(200);
  const shared = await ann.share([other, PAGE, PAGE]);
  await running.slack.stop();
  expect([...shared.previews.keys()]).toEqual([PAGE]);
  expect(unfurled()).toHaveLength(1);
});

test('a delivery that comes twice shows the same once more', async () => {
  const shared = await ann.share([PAGE]);
  await shared.delivery.again({ 'X-Slack-Retry-Num': '1' });
  await running.slack.stop();
  expect(unfurled().map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(shared.previews.size).toBe(1);
});

test('of a message that is gone nothing fails', async () => {
  running.double.web.failNext('chat.unfurl', 'cannot_find_message');
  await ann.share([PAGE]);
  await running.slack.stop();
  expect(unfurled()).toMatchObject([{ error: 'cannot_find_message' }]);
  expect(running.scene.errors).toEqual([]);
});

test('a scope that is missing is no error, is named once in the log, and everything else works', async () => {
  for (let n = 0; n < 3; n += 1) {
    running.double.web.failNext('chat.unfurl', 'missing_scope');
    await ann.share([PAGE]);
    await running.slack.stop();
  }
  expect(unfurled()).toHaveLength(3);
  expect(running.scene.errors).toEqual([]);
  expect(running.logged).toEqual([
    'Links to pages of Latchkey have no preview, since the Slack app lacks the scope links:write. "latchkey doctor" says how to add it',
  ]);
  await ann.command('access bob');
  await running.double.message('Access of bob');
});

test('an event that Slack doesn’t send changes nothing', async () => {
  for (const more of [{ links: 'all' }, { links: [{ url: 1 }] }, { message_ts: undefined }])
    await ann.share([PAGE], more);
  await running.slack.stop();
  expect(unfurled()).toEqual([]);
  expect(running.scene.errors).toEqual([]);
});

test('a press in a conversation of two people is answered there, for the person who presses', async () => {
  const { workspace } = running.double;
  workspace.channels.set('D0ANNBOB', { im: ann.id, member: false });
  const shared = await ann.share([PAGE], { channel: 'D0ANNBOB' });
  await running.double.call('chat.unfurl');
  await bob.pressBelow(shared, 'Grant');
  const modal = await bob.form('Team');
  bob.fill(modal, { Team: 'Design', Reason: 'A project' });
  await bob.submit(modal);
  expect(await running.double.message('Ann has access')).toMatchObject({
    channel: 'D0ANNBOB',
    ephemeralFor: bob.id,
  });
});

test('a press below someone else’s message opens a form for the person who presses, and only they read the answer', async () => {
  const shared = await ann.share([PAGE]);
  await running.double.call('chat.unfurl');
  await bob.pressBelow(shared, 'Grant');
  const modal = await bob.form('Team');
  bob.fill(modal, { Team: 'Design', Reason: 'A project' });
  await bob.submit(modal);
  expect(await running.double.message('Ann has access')).toMatchObject({ ephemeralFor: bob.id });
  expect(running.scene.done).toHaveLength(1);
  expect(running.scene.errors).toEqual([]);
});
