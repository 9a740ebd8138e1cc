import { expect, test, vi } from 'vitest';
import { loadedWhenUsed, openSenders } from '../../src/app/platforms.ts';
import type { ChatPlatform } from '../../src/bots/view/platform.ts';
import { readConfig } from '../../src/config/config.ts';
import { ok } from '../support/given/outcomes.ts';
import { LOCAL_TEAMS } from '../support/local-teams.ts';

function sendersFor(variables: Readonly<Record<string, string>>) {
  const read = ok(readConfig(variables));
  return openSenders(read.config, {
    now: () => new Date(0),
    pause: async () => undefined,
    stores: { chatTokens: { find: noToken, insert: noToken, save: noToken } },
    log: { warn: () => undefined, error: () => undefined },
    onCall: () => undefined,
    processes: () => 1,
  });
}
const noToken = () => Promise.reject(new Error('No message is sent'));
const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'a'.repeat(32) };

test('there is a sender for each platform that is configured', () => {
  const names = (variables: Readonly<Record<string, string>>) =>
    sendersFor(variables).map(({ name }) => name);
  expect(names({})).toEqual([]);
  expect(names({ TEAMS_LOCAL: '1' })).toEqual(['teams']);
  expect(names({ ...SLACK, ...LOCAL_TEAMS })).toEqual(['slack', 'teams']);
});

test('a channel of Slack is found by its name, which needs nothing that is loaded later', () => {
  const [slack] = sendersFor(SLACK);
  expect(slack?.channelNamed?.('#general')).toEqual({ platform: 'slack', key: '#general' });
  expect(slack?.channelNamed?.('no channel')).toBeUndefined();
});

test('who is to have no direct conversation on Teams is looked for in vain, once it is loaded', async () => {
  const [teams] = sendersFor({ TEAMS_LOCAL: '1' });
  expect(await teams?.directOf?.('ann@example.com')).toBeUndefined();
});

test('a platform is loaded once, and again by the next message where that failed', async () => {
  const at = { platform: 'slack', key: 'D1' } as const;
  const card = { title: 'Hello', blocks: [] };
  const slack: ChatPlatform = {
    name: 'slack',
    send: async (to) => to,
    edit: async () => undefined,
  };
  const load = vi
    .fn<() => Promise<ChatPlatform>>()
    .mockRejectedValueOnce(new Error('too many open files'))
    .mockResolvedValue(slack);
  const platform = loadedWhenUsed({ name: 'slack' }, load);
  await expect(platform.send(at, card)).rejects.toThrow('too many open files');
  await expect(Promise.all([platform.send(at, card), platform.send(at, card)])).resolves.toEqual([
    at,
    at,
  ]);
  expect(load).toHaveBeenCalledTimes(2);
});
