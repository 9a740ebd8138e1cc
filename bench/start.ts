/** How long a start takes until Latchkey answers, and until it has a worker; and what its processes hold in memory at rest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../demo/free-port.ts';
import type { Environment } from '../src/config/variables.ts';
import { type Figure, inWords } from './support/figure.ts';
import { startSlackApi } from './support/slack-api.ts';

const STARTS = 7;
/** Right after a start, a process holds what V8 made room for meanwhile. It gives that back within a minute or so. */
const REST_SECONDS = 100;
const LOOK_MS = 5;
const MB = 1_000_000;

const mainFile = fileURLToPath(new URL('../src/main.js', import.meta.url));

interface Start {
  /** Milliseconds until anything is answered. */
  readonly answers: number;
  /** Milliseconds until the worker claims jobs. */
  readonly ready: number;
}

/** `npm run bench -- start [STARTS [REST_SECONDS]]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [count = STARTS, restSeconds = REST_SECONDS] = args.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-start-'));
  const slack = await startSlackApi();
  const environment = {
    ...slack.environment,
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
    LOG_LEVEL: 'fatal',
    HOST: '127.0.0.1',
    PORT: String(await freePort(0)),
  };
  try {
    await startOnce(environment, stop); // Makes the database.
    const starts: Start[] = [];
    while (starts.length < count) starts.push(await startOnce(environment, stop));
    const memory: Memory[] = [];
    await startOnce(environment, async (main, url) => {
      memory.push(await memoryOf(url));
      await sleep(restSeconds * 1000);
      memory.push(await memoryOf(url));
      await stop(main);
    });
    return told(starts, memory, restSeconds);
  } finally {
    await slack.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startOnce(
  environment: Environment,
  then: (main: ChildProcess, url: string) => Promise<void>,
): Promise<Start> {
  const url = `http://127.0.0.1:${environment['PORT']}`;
  const began = performance.now();
  const main = spawn(process.execPath, [mainFile], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let answers: number | undefined;
  for (let status: number | undefined; status !== 200; await sleep(LOOK_MS)) {
    if (main.exitCode !== null) throw new Error(`Latchkey ended with ${main.exitCode}`);
    status = await statusOf(`${url}/readyz`);
    if (status !== undefined) answers ??= performance.now() - began;
  }
  const ready = performance.now() - began;
  await then(main, url);
  return { answers: answers ?? ready, ready };
}

/** On a connection of its own: `fetch` pauses after one that was refused. */
const statusOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', () => resolve(undefined));
  });

async function stop(main: ChildProcess): Promise<void> {
  const exit = once(main, 'exit');
  main.kill('SIGTERM');
  await exit;
}

type Memory = Readonly<Record<'main' | 'worker', number>>;

/** Resident bytes. */
async function memoryOf(url: string): Promise<Memory> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const of = (part: string) =>
    Number(
      new RegExp(`^process_resident_memory_bytes\\{process="${part}"\\} (.+)$`, 'm').exec(
        page,
      )?.[1],
    );
  return { main: of('main'), worker: of('worker') };
}

function told(
  starts: readonly Start[],
  [fresh, rested]: readonly Memory[],
  seconds: number,
): readonly Figure[] {
  const megabytes = (part: keyof Memory) =>
    `${((rested?.[part] ?? Number.NaN) / MB).toFixed(0)} MB, ${((fresh?.[part] ?? Number.NaN) / MB).toFixed(0)} MB right after the start`;
  const times = (which: keyof Start) => inWords(starts.map((start) => start[which]));
  return [
    {
      what: `start with Slack, ${starts.length} times: until it answers`,
      value: times('answers'),
      aim: 'median 1000 ms',
    },
    { what: 'start with Slack: until its worker claims jobs, too', value: times('ready') },
    {
      what: `memory with Slack, after ${seconds} s of rest: main`,
      value: megabytes('main'),
      aim: '120 MB',
    },
    {
      what: `memory with Slack, after ${seconds} s of rest: worker`,
      value: megabytes('worker'),
      aim: '90 MB',
    },
  ];
}
