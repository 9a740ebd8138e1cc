/**
 * How long runs have no worker when theirs is killed: from SIGKILL until the main process hears that the next one claims
 * jobs. Each kill has an application of its own, since a worker that dies young again is started with a growing pause.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../demo/free-port.ts';
import { type App, startApp } from '../src/app/app.ts';
import type { Environment } from '../src/config/variables.ts';
import { LOCAL_TEAMS } from '../test/support/local-teams.ts';
import { type Figure, inWords } from './support/figure.ts';
import { startSlackApi } from './support/slack-api.ts';

const KILLS = 10;

/** `npm run bench -- restart [KILLS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const kills = Number(args[0] ?? KILLS);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-restart-'));
  const api = await startSlackApi();
  try {
    for (const [name, chat] of [
      ['Slack', api.environment],
      ['Teams', { TEAMS_LOCAL: '1' }],
      ['Slack and Teams', { ...api.environment, ...LOCAL_TEAMS }],
    ] as const)
      figures.push(told(name, await measure(kills, { ...chat, ...(await environmentIn(folder)) })));
    return figures;
  } finally {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const environmentIn = async (folder: string): Promise<Environment> => ({
  HOST: '127.0.0.1',
  PORT: String(await freePort(0)),
  DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
  LOG_LEVEL: 'silent',
});

/** Milliseconds of every kill. */
async function measure(kills: number, environment: Environment): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < kills) {
    const app = await startApp(environment);
    try {
      times.push(await killOnce(app));
    } finally {
      await app.stop();
    }
  }
  return times;
}

async function killOnce(app: App): Promise<number> {
  const pid = await app.workerReady();
  const killed = performance.now();
  process.kill(pid, 'SIGKILL');
  while ((await app.workerReady()) === pid) await sleep(1); // Until its end is known, it counts as ready.
  return performance.now() - killed;
}

function told(name: string, times: readonly number[]): Figure {
  return {
    what: `restart of a killed worker, ${name}: ${times.length} kills; ready again`,
    value: inWords(times),
    aim: 'under 1000 ms',
  };
}
