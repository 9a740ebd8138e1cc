/** Slack's admins remove Latchkey. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { directAddress } from '../../../src/bots/slack/messages.ts';
import { note } from '../../../src/bots/view/card.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot({});
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

test('is noticed by an event of Slack, without a message that fails', async () => {
  await ann.uninstall();
  expect(running.removals()).toBe(1);
  expect(running.scene.errors).toEqual([]);
});

test('is not what a late event about an older token means', async () => {
  const { botUserId } = running.double.workspace;
  await ann.revokeTokens({ oauth: [], bot: [botUserId] });
  expect(running.removals()).toBe(0);
  await running.slack.platform.send(directAddress(ann.id), note('Hello'));
});

test('is not what it means when the token of a user is revoked', async () => {
  await ann.revokeTokens({ oauth: [ann.id], bot: [] });
  expect(running.removals()).toBe(0);
});

test('fails a message as removed, and sends no other one', async () => {
  running.double.workspace.installed = false;
  const calls = running.double.web.calls.length;
  for (let n = 0; n < 3; n += 1)
    await expect(
      running.slack.platform.send(directAddress(ann.id), note('Hello')),
    ).rejects.toMatchObject({ code: 'removed' });
  expect(running.double.web.calls.slice(calls)).toMatchObject([{ error: 'account_inactive' }]);
});
