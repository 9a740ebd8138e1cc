/**
 * Durable runs of two requests per second, on SQLite and on PostgreSQL, beside bare got for the same calls with the same
 * concurrency. The machine is rarely the same twice, so everything is measured in turns, and what counts is the ratio: how many
 * durable runs end in the time of one bare one with kept connections. Where the third party answers at once, the processors are
 * the limit, and more processes share them; where it is slow, as third parties are, the slots are, and each process brings its
 * own. How busy the machine was tells which it is. Where other work disturbs the clock, the processor time of each run says more.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { dialectOf } from '../src/store/database.ts';
import { type Fleet, startFleet } from '../test/support/company/fleet.ts';
import { startCountingParty } from '../test/support/counting-party.ts';
import { openRunLab, type RunLab } from '../test/support/run-lab.ts';
import type { Figure } from './support/figure.ts';
import { processorSeconds, siblingsSeconds } from './support/processor-time.ts';

/** The first runs of a process, which compile the code. */
const COLD_RUNS = 400;
/** Runs of the same process after these. */
const WARM_RUNS = 2000;
const TURNS = 3;
/** As many as a worker has slots for runs. */
const AT_ONCE = 16;
/** Enough that the limit per host is not what is measured. */
const HOSTS = 8;
const SLOW_ANSWER_MS = 2_000;
/** A slow run waits for two answers. */
const SLOW_RUNS = 200;

const WORKER = 'src/jobs/worker-process.js';
const ours = new URL('../', import.meta.url);

/**
 * `npm run bench -- runs [COLD [WARM [DIST]]]`. DIST is the `dist` of another build, to compare it in the same turns; then only
 * one process is measured.
 */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [cold, warm] = [Number(args[0] ?? COLD_RUNS), Number(args[1] ?? WARM_RUNS)];
  const other = args[2] === undefined ? [] : [pathToFileURL(`${resolve(args[2])}/`)];
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-runs-'));
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  let databases = 0;
  const sqlite = async (): Promise<string> =>
    `sqlite:${join(folder, `${(databases += 1)}.sqlite`)}`;
  const postgres = (): Promise<string> => server.createDatabase(`runs_${(databases += 1)}`);
  const alone = [ours, ...other].flatMap((build) =>
    [
      { name: 'SQLite', create: sqlite },
      { name: 'PostgreSQL', create: postgres },
    ].map(({ name, create }) => ({
      name: `${name}, 1 process${build === ours ? '' : ', the other build'}`,
      measure: async () => {
        const worker = new URL(WORKER, build);
        return durable(await create(), { processes: 1, counts: [cold, warm], answerMs: 0, worker });
      },
    })),
  );
  try {
    const kept: Measured[] = [];
    const own: Measured[] = [];
    const turns = alone.map((each) => ({ ...each, measured: [] as (readonly Measured[])[] }));
    for (let turn = 1; turn <= TURNS; turn += 1) {
      kept.push(await bare(cold, true));
      own.push(await bare(cold, false));
      for (const each of turns) each.measured.push(await each.measure());
    }
    const bareRate = median(kept);
    const figures = [
      told('bare got, kept connections', kept),
      told('bare got, own connections', own, bareRate),
      ...turns.flatMap(({ name, measured: all }) =>
        ['the first', 'the next'].flatMap((which, index) => {
          const those = all.flatMap((turn) => turn[index] ?? []);
          return those.length === 0 ? [] : [told(`${name}, ${which}`, those, bareRate)];
        }),
      ),
    ];
    if (other.length > 0) return figures;
    for (const [answerMs, count] of [
      [0, cold],
      [SLOW_ANSWER_MS, Math.min(cold, SLOW_RUNS)],
    ] as const)
      for (const processes of [1, 2, 3]) {
        const worker = new URL(WORKER, ours);
        const wanted = { processes, counts: [count], answerMs, worker };
        const name = `PostgreSQL, ${processes} processes, answers after ${answerMs} ms`;
        figures.push(told(name, await durable(await postgres(), wanted), bareRate));
      }
    return figures;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly runs: number;
  readonly seconds: number;
  /** Of all that the machine's processors could have done, by any process. */
  readonly busy: number;
  /** Processor time, in seconds. Left out: of bare got. */
  readonly taken?: Taken;
}

interface Taken {
  readonly workers: number;
  /** PostgreSQL's; NaN where there is none. */
  readonly server: number;
}

async function measured(
  runs: number,
  work: () => Promise<void>,
  taken: () => Promise<Taken>,
): Promise<Measured> {
  const before = await taken();
  const began = performance.now();
  const { busy } = await whileBusy(work);
  const seconds = (performance.now() - began) / 1000;
  const after = await taken();
  const [workers, server] = [after.workers - before.workers, after.server - before.server];
  return { runs, seconds, busy, taken: { workers, server } };
}

/** @param backend the process of one of PostgreSQL's connections */
async function takenBy({ pids }: Fleet, backend: number | undefined): Promise<Taken> {
  const workers = await Promise.all(pids.map(processorSeconds));
  return {
    workers: workers.reduce((sum, each) => sum + each, 0),
    server: backend === undefined ? Number.NaN : await siblingsSeconds(backend),
  };
}

const backends = z.object({ rows: z.tuple([z.object({ pid: z.number() })]) });

async function backendOf({ foundation: { db } }: RunLab): Promise<number | undefined> {
  if (dialectOf(db) === 'sqlite') return undefined;
  return backends.parse(await db.raw('select pg_backend_pid() as pid')).rows[0].pid;
}

async function whileBusy<T>(
  work: () => Promise<T>,
): Promise<{ readonly busy: number; readonly result: T }> {
  const before = processorTimes();
  const result = await work();
  const after = processorTimes();
  return { busy: 1 - (after.idle - before.idle) / (after.all - before.all), result };
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((each) => each.times);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.flatMap((each) => Object.values(each))),
  };
}

interface Wanted {
  readonly processes: number;
  /** How many runs, one after the other; none of 0. */
  readonly counts: readonly number[];
  readonly answerMs: number;
  readonly worker: URL;
}

/** Each from its first request until every run has ended. */
async function durable(databaseUrl: string, wanted: Wanted): Promise<readonly Measured[]> {
  const [first = 0, ...others] = wanted.counts.filter((count) => count > 0);
  const party = await startCountingParty(() => wanted.answerMs, true);
  const lab = await openRunLab(databaseUrl, party, HOSTS);
  await lab.start(first, ['writes']);
  const fleet = await startFleet(wanted.processes, lab.environment, wanted.worker);
  const ended = async (): Promise<void> => {
    while ((await lab.unfinished()) > 0) await sleep(20);
  };
  try {
    const backend = await backendOf(lab);
    const taken = () => takenBy(fleet, backend);
    while (party.hits.size === 0) await sleep(1);
    const all = [await measured(first, ended, taken)];
    for (const count of others) {
      const earlier = party.hits.size;
      await lab.start(count, ['writes']);
      while (party.hits.size === earlier) await sleep(1);
      all.push(await measured(count, ended, taken));
    }
    return all;
  } finally {
    await fleet.stop();
    await lab.close();
    await party.close();
  }
}

async function bare(runs: number, keepAlive: boolean): Promise<Measured> {
  const party = await startCountingParty(() => 0, true);
  const work = JSON.stringify({ url: party.url, runs, atOnce: AT_ONCE, keepAlive });
  const child = fork(new URL('support/bare-got.js', import.meta.url), [work]);
  const { busy, result } = await whileBusy(() => once(child, 'message'));
  await party.close();
  const { seconds } = result[0] as { readonly seconds: number }; // It sends nothing else.
  return { runs, seconds, busy };
}

const rateOf = ({ runs, seconds }: Measured): number => runs / seconds;

function median(all: readonly Measured[]): number {
  const rates = all.map(rateOf).toSorted((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)] ?? 0;
}

/** @param bareRate of bare got with kept connections */
function told(name: string, all: readonly Measured[], bareRate?: number): Figure {
  const rate = median(all);
  const ratio = bareRate === undefined ? '' : `${(rate / bareRate).toFixed(2)} of bare got: `;
  const rates = all.map((each) => rateOf(each).toFixed(0)).join(', ');
  const busy = Math.max(...all.map((each) => each.busy));
  return {
    what: `runs, ${name}: ${all[0]?.runs} runs of two writes`,
    value: `${ratio}${rate.toFixed(0)} a second (${rates}; machine up to ${(busy * 100).toFixed(0)}% busy)${inProcessorTime(all)}`,
  };
}

/** Of the turn that took the least: the others were disturbed. */
function inProcessorTime(all: readonly Measured[]): string {
  const each = all.flatMap(({ runs, taken }) =>
    taken ? [{ worker: (taken.workers * 1000) / runs, server: (taken.server * 1000) / runs }] : [],
  );
  const [least] = each.toSorted((a, b) => a.worker - b.worker);
  if (!least || Number.isNaN(least.worker)) return '';
  const server = Number.isNaN(least.server)
    ? ''
    : ` and ${least.server.toFixed(1)} of PostgreSQL's`;
  return `; ${least.worker.toFixed(1)} ms of the workers' processor time each${server}`;
}
