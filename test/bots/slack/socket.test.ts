import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot({ socket: true });
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

const connected = (times: number) =>
  running.double.workspace.changes.until(
    () => (running.double.socketMode.connections >= times ? true : undefined),
    () => `for connection ${times}`,
  );
const directCard = async () => {
  await ann.command('access bob', ann.direct);
  return running.double.message('Access of bob', { channel: ann.direct });
};

describe('over a socket', () => {
  test('there is no route', () => {
    expect(running.slack.handler).toBeUndefined();
  });

  test('a command, a button and a form work as they do over HTTP', async () => {
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    running.scene.refusal = { team: 'Sales is full.' };
    ann.fill(modal, { Team: 'Sales', Reason: 'x' });
    await ann.submit(modal);
    expect(modal.errors).toEqual({ 'field:team': 'Sales is full.' });
    running.scene.refusal = undefined;
    await ann.submit(modal);
    expect(await running.double.message('bob has access')).toBeDefined();
    expect(modal.open).toBe(false);
  });

  test('a type-ahead filters on the server', async () => {
    running.scene.teams = Array.from({ length: 200 }, (_, index) => `Team ${index}`);
    await ann.press(await directCard(), 'Grant');
    const modal = await running.double.nextModal(({ updates }) => updates > 0);
    expect(await ann.type(modal, 'Team', 'team 199')).toEqual(['Team 199']);
  });

  test('the same event twice does one thing once', async () => {
    const delivery = await ann.write('access bob');
    await delivery.again();
    await ann.command('access afterwards', ann.direct);
    await running.double.message('Access of afterwards');
    expect(running.double.workspace.messages).toHaveLength(2);
  });

  test('what Slack sends again over the next connection, since the last one broke, is done once', async () => {
    const delivery = await ann.write('access bob');
    running.double.socketMode.close();
    await connected(2);
    await delivery.again();
    await ann.command('access afterwards', ann.direct);
    await running.double.message('Access of afterwards');
    expect(running.double.workspace.messages).toHaveLength(2);
  });

  test('what Slack has sent for the first time when a connection breaks comes over the next one', async () => {
    running.double.socketMode.close();
    await connected(2);
    await ann.write('access bob');
    expect(await running.double.message('Access of bob')).toBeDefined();
  });

  test.each(['warning', 'refresh_requested'] as const)(
    'a connection that Slack ends with %s is opened again',
    async (reason) => {
      running.double.socketMode.announceEnd(reason);
      await connected(2);
      expect(await directCard()).toBeDefined();
      expect(running.scene.errors).toEqual([]);
    },
  );

  test.each(['warning', 'refresh_requested'] as const)(
    'what comes right behind %s is done once, acknowledged or sent again',
    async (reason) => {
      running.double.socketMode.announceEnd(reason);
      const delivery = await ann.write('access bob');
      await connected(2);
      await delivery.again();
      await ann.command('access afterwards', ann.direct);
      await running.double.message('Access of afterwards');
      expect(running.double.workspace.messages).toHaveLength(2);
    },
  );

  test('pauses grow with failures, and start again after a success', async () => {
    await running.stop();
    running = await runBot({ socket: true, reconnectPausesMs: [0, 0, 1_000_000_000] });
    for (const times of [2, 3]) {
      running.double.web.failNext('apps.connections.open', 'internal_error');
      running.double.socketMode.close();
      await connected(times);
    }
    expect(running.scene.errors).toHaveLength(2);
  });

  test('a connection that breaks is opened again, however often that fails', async () => {
    running.double.web.failNext('apps.connections.open', 'internal_error');
    running.double.socketMode.close();
    await connected(2);
    expect(await directCard()).toBeDefined();
    expect(running.scene.errors).toMatchObject([{ name: 'PlatformError', code: 'unreachable' }]);
  });
});
