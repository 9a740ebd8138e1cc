import { afterEach, expect, onTestFinished, test } from 'vitest';
import { SlackConnection } from '../../../src/bots/slack/connection.ts';
import { api, slackClient } from '../../../src/bots/slack/web-api.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';

let connection: SlackConnection | undefined;
afterEach(() => connection?.giveUp());

const silent = { warn: () => undefined, error: () => undefined };
const failing = (...failures: PlatformError[]) => {
  let worked: () => void = () => undefined;
  const works = new Promise<void>((resolve) => {
    worked = resolve;
  });
  const start = async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    worked();
  };
  return { slack: { start }, works };
};

test('a Slack that is out of reach does not keep anybody waiting, and is tried again until it answers', async () => {
  const { slack, works } = failing(
    new PlatformError('unreachable', 'no route'),
    new PlatformError('rate-limited', 'busy'),
  );
  connection = new SlackConnection(slack, silent, 1);
  expect(await connection.open()).toBeUndefined();
  expect(connection.opened).toBe('waiting');
  await works;
  await Promise.resolve();
  expect(connection.opened).toBe('open');
});

test.each([403, 407, 500])(
  'what is answered with HTTP %i is no refusal, and is tried again',
  async (status) => {
    const double = await SlackDouble.start();
    onTestFinished(() => double.stop());
    double.web.breakNext('auth.test', status);
    const client = slackClient({ token: double.token, apiUrl: double.apiUrl }, silent);
    let calls = 0;
    const worked = new Promise<void>((resolve) => {
      const start = async () => {
        calls += 1;
        await api(client.auth.test());
        resolve();
      };
      connection = new SlackConnection({ start }, silent, 1);
    });
    expect(await connection?.open()).toBeUndefined();
    await worked;
    expect(calls).toBe(2);
  },
);

test('a token that Slack refuses is reported at once', async () => {
  const { slack } = failing(new PlatformError('refused', 'invalid_auth'));
  connection = new SlackConnection(slack, silent, 1);
  expect((await connection.open())?.message).toBe('invalid_auth');
  expect(connection.opened).toBe('refused');
});
