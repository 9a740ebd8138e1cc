/** Durable runs of two requests per second, on SQLite and on PostgreSQL, beside bare got for the same calls. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { got } from 'got';
import { startCountingParty } from '../test/support/counting-party.ts';
import { startFleet } from '../test/support/fleet.ts';
import { openRunLab } from '../test/support/run-lab.ts';

const RUNS = 600;
/** As many as a worker has slots for runs. */
const AT_ONCE = 16;
/** Enough that the limit per host is not what is measured. */
const HOSTS = 8;

const workerFile = new URL('../src/jobs/worker-process.js', import.meta.url);

/** `npm run bench -- runs [RUNS]` */
export async function run(args: readonly string[]): Promise<void> {
  const runs = Number(args[0] ?? RUNS);
  print('bare got, not durable', runs, await bare(runs));
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-runs-'));
  const { startPostgres } = await import('../test/support/embedded-postgres.ts');
  const server = await startPostgres(true);
  try {
    print('SQLite, 1 process', runs, await durable(`sqlite:${join(folder, 'a.sqlite')}`, 1, runs));
    for (const processes of [1, 2, 3]) {
      const url = await server.createDatabase(`runs_${processes}`);
      print(`PostgreSQL, ${processes} processes`, runs, await durable(url, processes, runs));
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds from the first request until every run has ended. */
async function durable(databaseUrl: string, processes: number, runs: number): Promise<number> {
  const party = await startCountingParty(() => 0, true);
  const lab = await openRunLab(databaseUrl, party, HOSTS);
  await lab.start(runs, ['writes']);
  const fleet = await startFleet(processes, lab.environment, workerFile);
  try {
    while (party.hits.size === 0) await sleep(1);
    const began = performance.now();
    while ((await lab.unfinished()) > 0) await sleep(20);
    return (performance.now() - began) / 1000;
  } finally {
    await fleet.stop();
    await lab.close();
    await party.close();
  }
}

async function bare(runs: number): Promise<number> {
  const party = await startCountingParty(() => 0, true);
  const began = performance.now();
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
  return (performance.now() - began) / 1000;
}

function print(name: string, runs: number, seconds: number): void {
  process.stdout.write(
    `runs, ${name}: ${(runs / seconds).toFixed(0)} per second (${runs} runs of two writes in ${seconds.toFixed(1)} s)\n`,
  );
}
