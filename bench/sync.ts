/**
 * An import of very many people from an HR system in another process, on SQLite and PostgreSQL: people per second, the
 * worker's memory, and how fast Slack's commands are acknowledged meanwhile. With `kill` the worker is killed twice: when half of
 * them is read, and when half is imported.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../src/app/app.ts';
import { compact } from '../src/core/compact.ts';
import { startSync } from '../src/engine/imports/start-sync.ts';
import { hasEnded, type SyncRun } from '../src/engine/imports/sync-run.ts';
import { addIntegration } from '../src/engine/integrations/integrations.ts';
import type { Actor, Integration } from '../src/engine/people/directory.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';
import { startHrSystem } from './support/hr-system.ts';
import { startInstallation } from './support/installation.ts';
import { megabytes, memoryOf } from './support/memory.ts';
import { processorSeconds } from './support/processor-time.ts';
import { commandsUntil, type Served, startSlackApi } from './support/slack-commands.ts';

/** A million takes a quarter of an hour on each database: it is asked for by its number. */
const SIZES = [10_000, 100_000];
const PAGE = 500;
/** The part of the people after which memory should grow no more. */
const EARLY = 0.1;
const actor: Actor = { kind: 'operator', user: 'bench' };

/** `npm run bench -- sync [PEOPLE…] [sqlite|postgres] [kill] [full]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const sizes = args.map(Number).filter((size) => size > 0);
  const [kills, isFull] = [args.includes('kill'), args.includes('full')];
  const [hr, slack] = await Promise.all([startHrSystem(), startSlackApi()]);
  try {
    for (const people of sizes.length > 0 ? sizes : SIZES) {
      const wanted = { people, kills, isFull, hr, slack };
      figures.push(...(await onEachDatabase(args, (name, url) => measure(name, url, wanted))));
    }
    return figures;
  } finally {
    await Promise.all([hr.close(), slack.close()]);
  }
}

interface Wanted {
  readonly people: number;
  readonly kills: boolean;
  /** Whether people have all fields. */
  readonly isFull: boolean;
  readonly hr: Served;
  readonly slack: Served;
}

async function measure(
  name: string,
  databaseUrl: string,
  { people, kills, isFull, hr, slack }: Wanted,
): Promise<readonly Figure[]> {
  const app = await startInstallation(databaseUrl, { slack, app: hr });
  try {
    await app.workerReady();
    const pages = `${hr.url}/people?people=${people}&size=${PAGE}${isFull ? '&full' : ''}`;
    const integration = await addHr(app, pages, isFull ? { ...NAMES, ...OTHERS } : NAMES);
    const before = await countPeople(app);
    const first = await imported(app, integration, { people, kills });
    const again = kills ? undefined : await imported(app, integration, { people, kills });
    const { fresh, created, rows } = first.ended.counts;
    const added = (await countPeople(app)) - before;
    const about = `sync, ${name}, ${people} people${isFull ? ' with all fields' : ''} on pages of ${PAGE}`;
    return [
      { what: `${about}: imported`, value: `${rate(first)}, worker at most ${first.memory}` },
      { what: `${about}: ${first.acks.length} commands meanwhile`, value: inWords(first.acks) },
      ...(again
        ? [
            {
              what: `${about}: all there already`,
              value: `${rate(again)}, worker at most ${again.memory}`,
            },
            {
              what: `${about}: ${again.acks.length} commands meanwhile`,
              value: inWords(again.acks),
            },
          ]
        : []),
      {
        what: `${about}: ${kills ? 'worker killed twice; ' : ''}rows, new, created, in the directory`,
        value: `${rows}, ${fresh}, ${created}, ${added}`,
        aim: `${people} each`,
      },
    ];
  } finally {
    await app.stop();
  }
}

interface Imported {
  readonly ended: SyncRun;
  readonly seconds: number;
  readonly readingSeconds: number;
  readonly memory: string;
  /** Of the worker; NaN where it was killed, or the system doesn't say. */
  readonly processorSeconds: number;
  readonly acks: readonly number[];
}

function rate({ ended, seconds, readingSeconds, processorSeconds: taken }: Imported): string {
  const { rows } = ended.counts;
  const each = (taken * 1000) / rows;
  const cost = Number.isNaN(each) ? '' : `, ${each.toFixed(3)} ms of the worker's processor each`;
  return `${Math.round(rows / seconds)} people a second, ${seconds.toFixed(1)} s (${readingSeconds.toFixed(1)} s of it for reading)${cost}`;
}

/** @param kills whether the worker is killed when half of the people are read, and when half are added */
async function imported(
  app: App,
  integration: Integration,
  { people, kills }: { readonly people: number; readonly kills: boolean },
): Promise<Imported> {
  const { stores, transact } = app.foundation;
  const started = await transact((tx) => startSync(tx, integration, { mode: 'import', actor }));
  if (started.kind !== 'started') throw new Error(`The import was ${started.kind}`);
  const began = performance.now();
  const pid = await app.workerReady();
  const taken = await processorSeconds(pid);
  const ending = new AbortController();
  const acks = commandsUntil(ending.signal, app.url);
  let current: SyncRun = started.run;
  let readUntil: number | undefined;
  /** The most that the worker has held so far: with a tenth of the people read, with all of them read, in the end. */
  let [early, afterReading, memory] = [0, 0, 0];
  const toKill: ((now: SyncRun) => boolean)[] = kills
    ? [({ counts }) => counts.rows >= people / 2, ({ counts }) => counts.created >= people / 2]
    : [];
  while (!hasEnded(current)) {
    await sleep(100);
    current = (await stores.syncRuns.find(current.id)) ?? current;
    if (current.phase !== 'reading') readUntil ??= performance.now();
    memory = Math.max(memory, (await memoryOf(await app.workerReady())).peak);
    if (current.counts.rows <= people * EARLY) early = memory;
    if (readUntil === undefined) afterReading = memory;
    if (toKill[0]?.(current)) {
      toKill.shift();
      process.kill(await app.workerReady(), 'SIGKILL');
    }
  }
  const endedAt = performance.now();
  ending.abort();
  if (current.state !== 'done') throw new Error(JSON.stringify(current));
  return {
    ended: current,
    seconds: (endedAt - began) / 1000,
    readingSeconds: ((readUntil ?? endedAt) - began) / 1000,
    memory: inMegabytes(memory, { early, afterReading }),
    processorSeconds: (await processorSeconds(pid)) - taken,
    acks: await acks,
  };
}

/** 0: the system doesn't say, or the import was past that when it was looked at first. */
function inMegabytes(
  most: number,
  { early, afterReading }: { readonly early: number; readonly afterReading: number },
): string {
  if (most === 0) return 'unknown here';
  const then = compact([
    early > 0 && `${megabytes(early)} with a tenth of them read`,
    afterReading > 0 && `${megabytes(afterReading)} with all`,
  ]);
  return then.length > 0 ? `${megabytes(most)} (${then.join(', ')})` : megabytes(most);
}

type Names = Readonly<Record<string, string>>;
const NAMES: Names = { email: 'workEmail', first_name: 'firstName', last_name: 'lastName' };
const OTHERS: Names = {
  employee_id: 'number',
  position: 'title',
  department: 'department',
  start: 'hiredOn',
  phone: 'phone',
  time_zone: 'timeZone',
  manager_email: 'manager.email',
};

async function addHr({ foundation }: App, url: string, dataStructure: Names): Promise<Integration> {
  const { transact } = foundation;
  const manifest = JSON.stringify({
    execute: [{ url, method: 'GET' }],
    action: 'create',
    data_from: 'employees',
    data_structure: dataStructure,
    next_page_from: 'next',
    amount_pages_to_fetch: 1_000_000,
  });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'HR', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
  return added.integration;
}

const countPeople = async ({ foundation }: App): Promise<number> =>
  (await foundation.stores.people.search('', { offset: 0, limit: 1 })).total;
