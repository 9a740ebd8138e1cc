import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readable } from '../../support/slack-double/readable.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot();
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

const atHome = (text: string) => running.double.home(ann, text);
const openHome = async () => {
  await ann.openTab();
  return atHome('Version 1');
};
/** Everything that came in is answered. */
const settled = () => running.slack.stop();

describe('the Home tab', () => {
  test('is filled when someone opens it, with what is theirs', async () => {
    const { view } = await openHome();
    expect(readable(view.blocks)).toContain('Hello ann');
    expect(running.double.workspace.messages).toEqual([]);
  });

  test('is filled each time, and once where Slack reports one opening twice', async () => {
    await openHome();
    const told = await ann.openTab();
    const home = await atHome('Version 2');
    await told.again({ 'X-Slack-Retry-Num': '1', 'X-Slack-Retry-Reason': 'http_timeout' });
    await settled();
    expect(home.published).toBe(2);
  });

  test('is filled though Slack asks to wait for a moment', async () => {
    running.double.web.limitNext('views.publish', 0);
    await ann.openTab();
    expect(await running.double.home(ann, 'Hello')).toBeDefined();
  });

  test('stays as it is when another tab is opened', async () => {
    await ann.openTab('messages');
    await settled();
    expect(running.double.workspace.homes.size).toBe(0);
  });

  test('says to those who are refused why they are', async () => {
    const guest = running.double.addUser('gus', { restricted: true });
    await guest.openTab();
    const { view } = await running.double.home(guest, 'I only work for members');
    expect(readable(view.blocks)).not.toContain('Hello');
  });

  test('says nothing in the messages to those who are refused and open those', async () => {
    const guest = running.double.addUser('gus', { restricted: true });
    await guest.openTab('messages');
    await settled();
    expect(running.double.workspace.messages).toEqual([]);
  });

  test('that holds more than Slack shows says so, and where the rest is, and keeps its buttons', async () => {
    running.scene.homes.lines = 300;
    await ann.openTab();
    const { view } = await atHome('There is more than fits here');
    expect(view.blocks).toHaveLength(100);
    expect(readable(view.blocks)).toContain('open the Messages tab above and send home.');
    expect(view.blocks.at(-1)?.type).toBe('actions');
  });

  test('that an older app has switched off is for the log', async () => {
    running.double.workspace.homeEnabled = false;
    await ann.openTab();
    await running.double.call('views.publish');
    await settled();
    expect(running.scene.errors[0]).toMatchObject({ message: 'Slack answered not_enabled' });
  });
});

describe('a button in Home', () => {
  test('that asks to look again shows Home as it is now', async () => {
    await openHome();
    await ann.pressAtHome('Refresh');
    const { view, published } = await atHome('Version 2');
    expect(published).toBe(2);
    expect(readable(view.blocks)).not.toContain('Back to Home');
  });

  test('that leads to a list shows it there, with the way back', async () => {
    await openHome();
    await ann.pressAtHome('List');
    await atHome('Its first page.');
    await ann.pressAtHome('Back to Home');
    expect(readable((await atHome('Version 2')).view.blocks)).not.toContain('A list');
  });

  test('that is answered elsewhere says so in Home, which is shown as it is now', async () => {
    await openHome();
    await ann.pressAtHome('Tell');
    expect(await running.double.message('For you alone')).toMatchObject({ channel: ann.direct });
    const { view } = await atHome('Version 2');
    expect(readable(view.blocks)).toContain(
      "I've sent it to you: it's the newest message in our direct chat.",
    );
  });

  test('opens a form, and Home is shown as it is now once that is sent', async () => {
    const home = await openHome();
    await ann.pressAtHome('Ask…');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    expect(home.published).toBe(1);
    ann.fill(modal, { Why: 'A project' });
    await ann.submit(modal);
    expect(await running.double.message('Asked')).toMatchObject({ channel: ann.direct });
    await atHome('Version 2');
  });

  test('did what it does though Home can not be refreshed', async () => {
    await openHome();
    running.double.web.failNext('views.publish', 'internal_error');
    await ann.pressAtHome('Tell');
    await running.double.message('For you alone');
    await settled();
    expect(running.double.workspace.messages).toHaveLength(1);
    expect(running.scene.errors).toMatchObject([{ code: 'unreachable' }]);
  });

  test('tells someone who lost the permission why, and does nothing', async () => {
    await openHome();
    const { users } = running.double.workspace;
    const user = users.get(ann.id);
    if (user) users.set(ann.id, { ...user, restricted: true });
    await ann.pressAtHome('Tell');
    await atHome('I only work for members');
    expect(running.double.workspace.messages).toEqual([]);
  });
});

describe('a shortcut', () => {
  test('from anywhere asks whom, and answers in the direct conversation', async () => {
    await ann.shortcut('access');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    ann.fill(modal, { Whose: 'Bob' });
    await ann.submit(modal);
    expect(await running.double.message('Access of Bob')).toMatchObject({ channel: ann.direct });
  });

  test('on a message is about who wrote it, for the person who asked alone', async () => {
    const bob = running.double.addUser('bob');
    await ann.messageShortcut('access-of-author', bob);
    const answer = await running.double.message(`The author is ${bob.id}`);
    expect(answer).toMatchObject({ channel: 'C0GENERAL', ephemeralFor: ann.id });
  });

  test('on a message that no user wrote is about nobody', async () => {
    await ann.messageShortcut('access-of-author', 'an app');
    expect(await running.double.message('The author is no user')).toBeDefined();
  });

  test('that Slack sends twice is answered once', async () => {
    const used = await ann.messageShortcut('access-of-author', ann);
    await running.double.message('The author is');
    await used.again();
    await settled();
    expect(running.double.workspace.messages).toHaveLength(1);
  });
});
