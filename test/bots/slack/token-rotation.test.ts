/** Calls of Slack's Web API with a token that expires; who renews it is in `test/bots/live/rotating-token.test.ts`. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renewSlackToken } from '../../../src/bots/slack/renew-token.ts';
import { api, slackClient, type TokenSource, tokenOf } from '../../../src/bots/slack/web-api.ts';
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

test('what has expired again is refused, and asks no third time', async () => {
  const stuck: TokenSource = { get: async () => double.token };
  const client = slackClient({ token: stuck, apiUrl: double.apiUrl }, log);
  double.web.expire();
  await expect(api(client.auth.test())).rejects.toMatchObject({ code: 'refused' });
  expect(double.web.calls).toHaveLength(2);
});
