/** Slack as the benches need it: a Web API that answers, and signed slash commands whose acknowledgement is timed. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../src/config/variables.ts';

const SIGNING_SECRET = 'bench-signing-secret';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export const startSlackApi = (): Promise<Served> => serve(async (respond) => respond(SLACK_SAYS));

/** For a Latchkey that is to be reached by `timedCommand`. */
export const slackEnvironment = (api: Served): Environment => ({
  SLACK_BOT_TOKEN: 'xoxb-bench',
  SLACK_SIGNING_SECRET: SIGNING_SECRET,
  SLACK_API_URL: `${api.url}/api/`,
});

/** Enough of every answer that the adapter reads. */
const SLACK_SAYS = JSON.stringify({
  ok: true,
  team_id: 'T0',
  user_id: 'U0BOT',
  bot_id: 'B0',
  channel: 'D0',
  ts: '1.1',
  user: {
    id: 'U0',
    team_id: 'T0',
    name: 'ada',
    is_email_confirmed: true,
    profile: { email: 'ada.okafor@harbour.example', real_name: 'Ada Okafor' },
  },
});

/** Bolt refuses a command that it couldn't acknowledge by then, and Slack says so to its sender. */
const UNACKNOWLEDGED_MS = 3000;
/** Between two commands: what a busy workspace sends. */
const COMMAND_EVERY_MS = 100;

export async function commandsUntil(signal: AbortSignal, url: string): Promise<readonly number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    times.push(await timedCommand(url, `${performance.now()}`).catch(() => UNACKNOWLEDGED_MS));
    await sleep(COMMAND_EVERY_MS);
  }
  return times;
}

/** @param trigger each command has its own @returns milliseconds until it was acknowledged */
export async function timedCommand(latchkey: string, trigger: string): Promise<number> {
  const started = performance.now();
  const response = await command(`${latchkey}/slack/events`, trigger);
  const took = performance.now() - started;
  if (response.status !== 200) throw new Error(`Answered with ${response.status}`);
  await response.arrayBuffer();
  return took;
}

const USERS = 20;
let sent = 0;

function command(url: string, trigger: string): Promise<Response> {
  const body = new URLSearchParams({
    command: '/latchkey',
    text: 'access Ann',
    team_id: 'T0',
    channel_id: 'D0',
    user_id: `U${(sent += 1) % USERS}`, // Nobody writes as fast as all of them together.
    trigger_id: trigger,
    response_url: `${new URL(url).origin}/nowhere`,
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SIGNING_SECRET)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': `v0=${signature}`,
    },
  });
}

export async function serve(
  answer: (respond: (text: string) => void) => Promise<void>,
): Promise<Served> {
  const server: Server = createServer((request, response) => {
    request.resume();
    void answer((text) => response.setHeader('Content-Type', 'application/json').end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
