/**
 * Runs of mixed manifests while worker processes are killed with SIGKILL at random: one process on SQLite, three on
 * PostgreSQL. Afterwards the third party's count is held against what was recorded.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, startFleet } from '../test/support/company/fleet.ts';
import { startCountingParty } from '../test/support/counting-party.ts';
import { type Figures, openRunLab, type RunLab } from '../test/support/run-lab.ts';
import type { Figure } from './support/figure.ts';

const RUNS = 1000;
const KILLS = 100;
const SLOWEST_ANSWER_MS = 100;
/** A worker lives for up to this long before it is killed. */
const LONGEST_LIFE_MS = 600;
/** People press the button while a retry waits; a run is repeated at most once. */
const PRESS_EVERY_MS = 500;

const workerFile = new URL('../src/jobs/worker-process.js', import.meta.url);

/** `npm run bench -- chaos [RUNS] [KILLS]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [runs, kills] = [Number(args[0] ?? RUNS), Number(args[1] ?? KILLS)];
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-chaos-'));
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  try {
    const url = `sqlite:${join(folder, 'chaos.sqlite')}`;
    const alone = await storm('SQLite, 1 process', url, 1, runs, kills);
    const server = await startPostgres(true);
    try {
      const shared = await server.createDatabase('chaos');
      return [...alone, ...(await storm('PostgreSQL, 3 processes', shared, 3, runs, kills))];
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function storm(
  name: string,
  databaseUrl: string,
  processes: number,
  runs: number,
  kills: number,
): Promise<readonly Figure[]> {
  const began = performance.now();
  const party = await startCountingParty(() => Math.random() * SLOWEST_ANSWER_MS);
  const lab = await openRunLab(databaseUrl, party);
  const fleet = await startFleet(processes, lab.environment, workerFile);
  try {
    await pressRetryUntil(lab, killAtRandom(lab, fleet, processes, runs, kills));
    await pressRetryUntil(lab, untilAllEnded(lab));
    const seconds = (performance.now() - began) / 1000;
    return told(name, await lab.figures(), { runs, kills, seconds });
  } finally {
    await fleet.stop();
    await lab.close();
    await party.close();
  }
}

/** New runs come in all the while, so that every kill meets some. */
async function killAtRandom(
  lab: RunLab,
  fleet: Fleet,
  processes: number,
  runs: number,
  kills: number,
): Promise<void> {
  let started = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const due = Math.round((runs * kill) / kills) - started;
    if (due > 0) await lab.start(due);
    started += due;
    await sleep(Math.random() * LONGEST_LIFE_MS);
    await fleet.replace(Math.floor(Math.random() * processes));
  }
}

async function untilAllEnded(lab: RunLab): Promise<void> {
  while ((await lab.unfinished()) > 0) await sleep(200);
}

async function pressRetryUntil(lab: RunLab, work: Promise<void>): Promise<void> {
  const ended = work.then(() => 'ended' as const);
  do await lab.retryAll();
  while ((await Promise.race([ended, sleep(PRESS_EVERY_MS, 'not yet' as const)])) !== 'ended');
}

function told(
  name: string,
  figures: Figures,
  { runs, kills, seconds }: { readonly runs: number; readonly kills: number; seconds: number },
): readonly Figure[] {
  const outcomes = Object.entries(figures.outcomes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
  return [
    {
      what: `chaos, ${name}: ${runs} runs, ${kills} kills, ${seconds.toFixed(0)} s; ended`,
      value: outcomes,
    },
    { what: `chaos, ${name}: lost`, value: String(figures.unfinished), aim: '0' },
    {
      what: `chaos, ${name}: sent again after they were recorded as done`,
      value: String(figures.resentAfterDone),
      aim: '0',
    },
    {
      what: `chaos, ${name}: writes sent twice, and of those without being recorded as unknown first`,
      value: `${figures.sentTwice}, ${figures.sentTwiceUnrecorded}`,
      aim: '0 of those',
    },
    {
      what: `chaos, ${name}: recorded as done and never arrived`,
      value: String(figures.neverArrived),
      aim: '0',
    },
  ];
}
