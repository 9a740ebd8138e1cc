/** What runs that wait cost: the memory of the worker process without and with them, and how late they wake. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunIn } from '../src/engine/runs/run.ts';
import { wake } from '../src/engine/runs/wake-run.ts';
import { startFleet } from '../test/support/company/fleet.ts';
import { type CountingParty, startCountingParty } from '../test/support/counting-party.ts';
import { openRunLab, type RunLab } from '../test/support/run-lab.ts';
import { type Figure, inWords } from './support/figure.ts';

const WAITING = 10_000;
/** So many of them wake while the bench looks, at a pace that a busy company has; the others wait on. */
const WAKING = 500;
const WAKE_WITHIN_MS = 25_000;
/** Until a process that has just started needs no more memory for starting. */
const SETTLE_MS = 8_000;
const HOUR_MS = 60 * 60 * 1000;
const ROWS_AT_ONCE = 250;

const workerFile = new URL('../src/jobs/worker-process.js', import.meta.url);

/** `npm run bench -- waiting [WAITING]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const count = Number(args[0] ?? WAITING);
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-waiting-'));
  const { startPostgres } = await import('../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(true);
  try {
    return [
      ...(await measure('SQLite', `sqlite:${join(folder, 'a.sqlite')}`, count)),
      ...(await measure('PostgreSQL', await server.createDatabase('waiting'), count)),
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  name: string,
  databaseUrl: string,
  count: number,
): Promise<readonly Figure[]> {
  const party = await startCountingParty(() => 0, true);
  const lab = await openRunLab(databaseUrl, party, 8);
  const fleet = await startFleet(1, lab.environment, workerFile);
  try {
    await sleep(SETTLE_MS);
    const before = memoryOf(fleet.pids);
    await addWaiting(lab, count - WAKING, () => new Date(Date.now() + HOUR_MS));
    await sleep(SETTLE_MS);
    const after = memoryOf(fleet.pids);
    const start = Date.now() + 3_000;
    const due = await addWaiting(
      lab,
      WAKING,
      (n) => new Date(start + (n * WAKE_WITHIN_MS) / WAKING),
    );
    const late = await lateness(party, due);
    return [
      {
        what: `waiting, ${name}: memory of the worker with ${count} runs that wait`,
        value: `${after.toFixed(0)} MB, ${before.toFixed(0)} MB without them`,
      },
      {
        what: `waiting, ${name}: ${late.length} of them wake late by`,
        value: inWords(late),
        aim: '1000 ms',
      },
    ];
  } finally {
    await fleet.stop();
    await lab.close();
    await party.close();
  }
}

let people = 0;

/** @returns when each of them is due, by email */
async function addWaiting(
  lab: RunLab,
  count: number,
  dueAt: (n: number) => Date,
): Promise<ReadonlyMap<string, Date>> {
  const { transact, newId, now } = lab.foundation;
  const integrations = lab.integrationsOf('writes');
  const due = new Map<string, Date>();
  for (let first = 0; first < count; first += ROWS_AT_ONCE)
    await transact(async (tx) => {
      for (let n = first; n < Math.min(count, first + ROWS_AT_ONCE); n += 1) {
        people += 1;
        const integration = integrations[people % integrations.length];
        if (!integration?.manifestVersionId) throw new Error('The lab has no such integration');
        const email = `w${people}@lab.example`;
        const personId = newId();
        await tx.people.insert({
          id: personId,
          version: 1,
          email,
          firstName: 'Ann',
          lastName: 'Lee',
          role: 'other',
          active: true,
          stored: {},
        });
        const waiting: RunIn<'waiting'> = {
          id: newId(),
          version: 1,
          kind: 'execute',
          integrationId: integration.id,
          personId,
          manifestVersionId: integration.manifestVersionId,
          startedBy: { kind: 'system' },
          createdAt: now(),
          attempt: 1,
          state: 'waiting',
          dueAt: dueAt(n),
          why: "It isn't ready yet.",
        };
        await tx.runs.insert(waiting, { form: {}, generated: {} });
        await wake(tx, waiting, { dueAt: waiting.dueAt });
        due.set(email, waiting.dueAt);
      }
    });
  return due;
}

/** Milliseconds from each due time to its request, sorted. */
async function lateness(
  party: CountingParty,
  due: ReadonlyMap<string, Date>,
): Promise<readonly number[]> {
  const first = (email: string) => party.hits.get(`/writes/0 ${email}`)?.[0]?.at;
  while ([...due.keys()].some((email) => first(email) === undefined)) await sleep(100);
  const late = Array.from(due, ([email, at]) => (first(email) ?? Infinity) - at.getTime());
  return late.toSorted((a, b) => a - b);
}

/** Resident, in MB. */
function memoryOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) =>
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}
