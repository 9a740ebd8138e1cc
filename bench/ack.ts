/**
 * How long Slack waits for the acknowledgement of a slash command while the worker is saturated: 500 signed commands
 * through Bolt's HTTP receiver, with every slot of the worker busy at a third party that takes two seconds to answer.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Company, freePort, startCompany } from '../demo/company.ts';
import type { Actor, Integration } from '../src/engine/directory.ts';
import { startGrant } from '../src/engine/grant.ts';
import { addIntegration } from '../src/engine/integrations.ts';
import { addPerson } from '../src/engine/people.ts';

const COMMANDS = 500;
/** Side by side, as a busy workspace sends them. */
const AT_ONCE = 5;
/** So many that the limit of eight requests at one host leaves no slot of the worker free. */
const HOSTS = 6;
/** More than the worker gets through while the commands are sent. */
const RUNS = 1500;
const ANSWER_MS = 2000;
const SIGNING_SECRET = 'bench-signing-secret';
const actor: Actor = { kind: 'operator', user: 'bench' };

export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-ack-'));
  const slow = await Promise.all(
    Array.from({ length: HOSTS }, () =>
      serve(async (respond) => {
        await sleep(ANSWER_MS);
        respond('{}');
      }),
    ),
  );
  const slackApi = await serve(async (respond) => respond(SLACK_SAYS));
  const company = await startCompany({
    folder,
    port: await freePort(0),
    environment: {
      LOG_LEVEL: 'fatal',
      SLACK_BOT_TOKEN: 'xoxb-bench',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: `${slackApi.url}/api/`,
      ALLOW_PRIVATE_HOSTS: slow.map(({ url }) => new URL(url).host).join(','),
    },
  });
  try {
    await company.app.workerReady();
    await saturate(
      company,
      slow.map(({ url }) => url),
    );
    await measure(company, 20); // Warm up.
    print(await measure(company, COMMANDS));
  } finally {
    await company.stop();
    await Promise.all([...slow, slackApi].map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

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

async function saturate({ app }: Company, urls: readonly string[]): Promise<void> {
  const { transact, now, newId, randomBytes } = app.foundation;
  await transact(async (tx) => {
    const integrations: Integration[] = [];
    for (const [n, url] of urls.entries()) {
      const request = { url, method: 'GET' };
      const manifest = JSON.stringify({ execute: [request, request] });
      const wanted = { name: `Slow ${n}`, manifest, secrets: {} };
      const added = await addIntegration(tx, wanted, { now, newId, actor });
      if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
      integrations.push(added.integration);
    }
    for (let n = 0; n < RUNS; n++) {
      const integration = integrations[n % integrations.length];
      const email = `p${n}@harbour.example`;
      const hired = await addPerson(tx, { email }, { now, newId, actor });
      if (!hired.ok || !integration) throw new Error('The bench could not be set up');
      const wish = { actor, person: hired.person, integration, form: {} };
      await startGrant(tx, wish, { now, newId, randomBytes });
    }
  });
  await sleep(3 * ANSWER_MS); // Until every slot is taken, the background's too.
}

/** Milliseconds from sending each command to its acknowledgement. */
async function measure({ app }: Company, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (sent < count) {
      const number = sent++;
      const started = performance.now();
      const response = await command(`${app.url}/slack/events`, `${started}-${number}`);
      times.push(performance.now() - started);
      if (response.status !== 200) throw new Error(`Answered with ${response.status}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return times;
}

function command(url: string, trigger: string): Promise<Response> {
  const body = new URLSearchParams({
    command: '/latchkey',
    text: 'access Ann',
    team_id: 'T0',
    channel_id: 'D0',
    user_id: 'U0',
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

function print(times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1);
  process.stdout.write(
    `ack: ${times.length} slash commands, worker saturated: median ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms (aim: p99 under 100 ms)\n`,
  );
}

async function serve(
  answer: (respond: (text: string) => void) => Promise<void>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
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
