/** Calls of Slack's Web API with a token that expires; who renews it is in `test/bots/live/rotating-token.test.ts`. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renewSlackToken } from '../../../src/bots/slack/renew-token.ts';
import { api, slackClient, type TokenSource, tokenOf } from '../../../src/bots/slack/web-api.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import { CLIENT } from '../../support/slack-double/web-api.ts';

const log = { warn: () => undefined, error: () => undefined };

let double: SlackDouble;
beforeEach(async () => {
  double = await SlackDouble.start();
});
afterEach(() => double.stop());

const app = (secret = CLIENT.secret) => ({
  clientId: CLIENT.id,
  clientSecret: secret,
  apiUrl: double.apiUrl,
});

/** Renews it when it is called expired. */
function source(): TokenSource {
  let token = double.token;
  return {
    async get(refused) {
      if (refused !== token) return token;
      const renewal = await renewSlackToken(double.web.refreshToken, app(), log);
      if (renewal.kind === 'renewed') ({ token } = renewal);
      return token;
    },
  };
}

test('Slack gives a new token and a new refresh token, and says how long it lives', async () => {
  expect(await renewSlackToken('xoxe-1-0', app(), log)).toEqual({
    kind: 'renewed',
    token: 'xoxe.xoxb-1-1',
    refreshToken: 'xoxe-1-1',
    expiresInMs: 12 * 60 * 60_000,
  });
});

test('a refresh token that was used is lost', async () => {
  await renewSlackToken('xoxe-1-0', app(), log);
  expect(await renewSlackToken('xoxe-1-0', app(), log)).toEqual({ kind: 'lost' });
});

test.each([
  ['how long the token lives', { refresh_token: 'xoxe-2' }, 'xoxe-2'],
  ['what renews it next', {}, 'xoxe-1-0'],
])('an answer that does not say %s is taken, for an hour', async (_, said, refreshToken) => {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ ok: true, access_token: 'xoxe.xoxb-2', ...said }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  const renewal = await renewSlackToken(
    'xoxe-1-0',
    { ...app(), apiUrl: `http://127.0.0.1:${port}/api/` },
    log,
  );
  server.close();
  expect(renewal).toEqual({
    kind: 'renewed',
    token: 'xoxe.xoxb-2',
    refreshToken,
    expiresInMs: 60 * 60_000,
  });
});

test('what an operator got wrong is said, and loses nothing', async () => {
  const failed = await renewSlackToken('xoxe-1-0', app('other'), log);
  expect(failed).toMatchObject({
    kind: 'failed',
    why: expect.stringContaining('bad_client_secret') as unknown,
  });
  expect(await renewSlackToken('xoxe-1-0', app(), log)).toMatchObject({ kind: 'renewed' });
});

test('a call whose token has expired is made once more with a new one', async () => {
  const client = slackClient({ token: source(), apiUrl: double.apiUrl }, log);
  await api(client.auth.test());
  double.web.expire();
  expect(await api(client.auth.test())).toMatchObject({ ok: true });
  expect(await tokenOf(client)).toBe('xoxe.xoxb-1-1');
  const methods = double.web.calls.map(
    ({ method, error }) => `${method} ${typeof error === 'string' ? error : 'ok'}`,
  );
  expect(methods).toEqual([
    'auth.test ok',
    'auth.test token_expired',
    'oauth.v2.access ok',
    'auth.test ok',
  ]);
});

test('what has expired again is refused, and for a minute a refusal renews none', async () => {
  let renewals = 0;
  const stuck: TokenSource = {
    async get(refused) {
      if (refused !== undefined) renewals += 1;
      return double.token;
    },
  };
  let now = 0;
  const client = slackClient({ token: stuck, apiUrl: double.apiUrl, now: () => now }, log);
  double.web.expire();
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'refused' });
  expect([double.web.calls.length, renewals]).toEqual([2, 1]);
  now += 59_999;
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'refused' });
  expect([double.web.calls.length, renewals]).toEqual([3, 1]);
  now += 1;
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'refused' });
  expect(renewals).toBe(2);
});

test.each(['token_revoked', 'invalid_auth'])(
  'one that Slack calls %s is renewed',
  async (error) => {
    const client = slackClient({ token: source(), apiUrl: double.apiUrl }, log);
    double.web.failNext('auth.test', error);
    expect(await api(client.auth.test())).toMatchObject({ ok: true });
    expect(await tokenOf(client)).toBe('xoxe.xoxb-1-1');
  },
);

test('where no renewal works any more, Latchkey is removed, and asks Slack nothing for a minute', async () => {
  const outcomes: string[] = [];
  const lost: TokenSource = {
    async get(refused) {
      if (refused === undefined) return double.token;
      throw new PlatformError('removed', 'The refresh token is lost');
    },
  };
  const client = slackClient(
    {
      token: lost,
      apiUrl: double.apiUrl,
      now: () => 0,
      onCall: ({ outcome }) => outcomes.push(outcome),
    },
    log,
  );
  double.web.revoke();
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'removed' });
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'removed' });
  expect(outcomes).toEqual(['removed']);
  expect(double.web.calls).toHaveLength(1);
});
