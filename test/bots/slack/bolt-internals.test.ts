import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, ExpressReceiver, SocketModeReceiver } from '@slack/bolt';
import express from 'express';
import { expect, test } from 'vitest';
import { timeAcknowledgements } from '../../../src/bots/slack/bolt-internals.ts';

const body = { command: '/latchkey', text: '', user_id: 'U1', team_id: 'T1', channel_id: 'C1' };

/** @returns the seconds that its first acknowledgement took */
const firstTimed = (receiver: ExpressReceiver | SocketModeReceiver): Promise<number> =>
  new Promise((resolve) => {
    const app = new App({
      receiver,
      convoStore: false,
      authorize: async () => ({ botToken: 'xoxb-1', botUserId: 'U0' }),
    });
    timeAcknowledgements(app, resolve);
    app.command('/latchkey', ({ ack }) => ack());
  });

test('an acknowledgement over HTTP is timed', async () => {
  const receiver = new ExpressReceiver({ signingSecret: 'x', signatureVerification: false });
  const timed = firstTimed(receiver);
  const server = createServer(express().use(receiver.router)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/slack/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(body).toString(),
  });
  expect(answer.status).toBe(200);
  expect(await timed).toBeGreaterThan(0);
  server.close();
});

test('an acknowledgement over a socket is timed', async () => {
  const receiver = new SocketModeReceiver({ appToken: 'xapp-1' });
  const timed = firstTimed(receiver);
  const ack = async () => undefined;
  receiver.client.emit('slack_event', { ack, body, retry_num: 0, retry_reason: '' });
  expect(await timed).toBeGreaterThan(0);
});
