import { afterEach, expect, test } from 'vitest';
import { SlackConnection } from '../../../src/bots/slack/connection.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';

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

test('a token that Slack refuses is reported at once', async () => {
  const { slack } = failing(new PlatformError('refused', 'invalid_auth'));
  connection = new SlackConnection(slack, silent, 1);
  expect((await connection.open())?.message).toBe('invalid_auth');
  expect(connection.opened).toBe('refused');
});
