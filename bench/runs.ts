/**
 * Durable runs of two requests per second, on SQLite and on PostgreSQL, beside bare got for the same calls. Where the third
 * party answers at once, the processors are the limit, and more processes share them; where it is slow, as third parties
 * are, the slots are, and each process brings its own. How busy the machine was tells which it is.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { got } from 'got';
import { startFleet } from '../test/support/company/fleet.ts';
import { startCountingParty } from '../test/support/counting-party.ts';
import { openRunLab } from '../test/support/run-lab.ts';
import type { Figure } from './support/figure.ts';

const RUNS = 600;
/** As many as a worker has slots for runs. */
const AT_ONCE = 16;
/** Enough that the limit per host is not what is measured. */
const HOSTS = 8;
const SLOW_ANSWER_MS = 2_000;
/** A slow run waits for two answers. */
const SLOW_RUNS = 200;

const workerFile = new URL('../src/jobs/worker-process.js', import.meta.url);

/** `npm run bench -- runs [RUNS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const runs = Number(args[0] ?? RUNS);
  const figures = [told('bare got, not durable', runs, await measured(() => bare(runs)))];
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-runs-'));
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  try {
    const sqlite = `sqlite:${join(folder, 'a.sqlite')}`;
    figures.push(told('SQLite, 1 process', runs, await durable(sqlite, 1, runs, 0)));
    for (const [answerMs, count] of [
      [0, runs],
      [SLOW_ANSWER_MS, Math.min(runs, SLOW_RUNS)],
    ] as const)
      for (const processes of [1, 2, 3]) {
        const url = await server.createDatabase(`runs_${processes}_${answerMs}`);
        const name = `PostgreSQL, ${processes} processes, answers after ${answerMs} ms`;
        figures.push(told(name, count, await durable(url, processes, count, answerMs)));
      }
    return figures;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly seconds: number;
  /** Of all that the machine's processors could have done, whoever made them. */
  readonly busy: number;
}

async function measured(work: () => Promise<void>): Promise<Measured> {
  const [before, began] = [processorTimes(), performance.now()];
  await work();
  const [after, ended] = [processorTimes(), performance.now()];
  const idle = (after.idle - before.idle) / (after.all - before.all);
  return { seconds: (ended - began) / 1000, busy: 1 - idle };
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((each) => each.times);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.flatMap((each) => Object.values(each))),
  };
}

/** From the first request until every run has ended. */
async function durable(
  databaseUrl: string,
  processes: number,
  runs: number,
  answerMs: number,
): Promise<Measured> {
  const party = await startCountingParty(() => answerMs, true);
  const lab = await openRunLab(databaseUrl, party, HOSTS);
  await lab.start(runs, ['writes']);
  const fleet = await startFleet(processes, lab.environment, workerFile);
  try {
    while (party.hits.size === 0) await sleep(1);
    return await measured(async () => {
      while ((await lab.unfinished()) > 0) await sleep(20);
    });
  } finally {
    await fleet.stop();
    await lab.close();
    await party.close();
  }
}

async function bare(runs: number): Promise<void> {
  const party = await startCountingParty(() => 0, true);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < runs) {
      const who = `p${next}`;
      next += 1;
      for (const step of [0, 1])
        await got.post(`${party.url}/writes/${step}?who=${who}`, { json: { user: who } });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await party.close();
}

function told(name: string, runs: number, { seconds, busy }: Measured): Figure {
  return {
    what: `runs, ${name}: ${runs} runs of two writes`,
    value: `${(runs / seconds).toFixed(0)} a second (${seconds.toFixed(1)} s, machine ${(busy * 100).toFixed(0)}% busy)`,
  };
}
