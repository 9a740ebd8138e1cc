/**
 * How long Slack waits for the acknowledgement of a slash command while the worker is saturated: 500 signed commands
 * through Bolt's HTTP receiver, with every slot of the worker busy at a third party that takes two seconds to answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Company, startCompany } from '../demo/company.ts';
import { freePort } from '../demo/free-port.ts';
import { startGrant } from '../src/engine/access/grant.ts';
import { addIntegration } from '../src/engine/integrations/integrations.ts';
import type { Actor, Integration } from '../src/engine/people/directory.ts';
import { addPerson } from '../src/engine/people/people.ts';
import { type Figure, inWords } from './support/figure.ts';
import { serve, slackEnvironment, startSlackApi, timedCommand } from './support/slack-commands.ts';

const COMMANDS = 500;
/** Side by side, as a busy workspace sends them. */
const AT_ONCE = 5;
/** So many that the limit of eight requests at one host leaves no slot of the worker free. */
const HOSTS = 6;
/** More than the worker gets through while the commands are sent. */
const RUNS = 1500;
const ANSWER_MS = 2000;
const actor: Actor = { kind: 'operator', user: 'bench' };

/** `npm run bench -- ack [COMMANDS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const commands = Number(args[0] ?? COMMANDS);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-ack-'));
  const slow = await Promise.all(
    Array.from({ length: HOSTS }, () =>
      serve(async (respond) => {
        await sleep(ANSWER_MS);
        respond('{}');
      }),
    ),
  );
  const slackApi = await startSlackApi();
  const company = await startCompany({
    folder,
    port: await freePort(0),
    environment: {
      LOG_LEVEL: 'fatal',
      ...slackEnvironment(slackApi),
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
    const times = await measure(company, commands);
    return [
      {
        what: `ack: ${times.length} slash commands, worker saturated`,
        value: inWords(times),
        aim: 'p99 100 ms',
      },
    ];
  } finally {
    await company.stop();
    await Promise.all([...slow, slackApi].map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function saturate({ app }: Company, urls: readonly string[]): Promise<void> {
  const { transact } = app.foundation;
  await transact(async (tx) => {
    const integrations: Integration[] = [];
    for (const [n, url] of urls.entries()) {
      const request = { url, method: 'GET' };
      const manifest = JSON.stringify({ execute: [request, request] });
      const wanted = { name: `Slow ${n}`, manifest, secrets: {} };
      const added = await addIntegration(tx, wanted, { actor });
      if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
      integrations.push(added.integration);
    }
    for (let n = 0; n < RUNS; n++) {
      const integration = integrations[n % integrations.length];
      const email = `p${n}@harbour.example`;
      const hired = await addPerson(tx, { email }, { actor });
      if (!hired.ok || !integration) throw new Error('The bench could not be set up');
      const wish = { actor, person: hired.person, integration, form: {} };
      await startGrant(tx, wish);
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
      times.push(await timedCommand(app.url, `${performance.now()}-${number}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return times;
}
