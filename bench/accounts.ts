/**
 * A night round of one app with very many accounts, on SQLite and PostgreSQL: how long it takes, the worker's memory, and how fast
 * Slack's commands are acknowledged meanwhile. Everyone's account is a finding in the first round, and known in the second.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../src/app/app.ts';
import type { AccountRound } from '../src/engine/findings/account-round.ts';
import { beginRound } from '../src/engine/findings/hold-round.ts';
import { addIntegration } from '../src/engine/integrations/integrations.ts';
import type { Actor, Integration } from '../src/engine/people/directory.ts';
import { blank } from '../src/engine/people/people.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';
import { startHrSystem } from './support/hr-system.ts';
import { startInstallation } from './support/installation.ts';
import { megabytes, memoryOf } from './support/memory.ts';
import { processorSeconds } from './support/processor-time.ts';
import { commandsUntil, type Served, startSlackApi } from './support/slack-commands.ts';

const ACCOUNTS = 50_000;
const PAGE = 500;
const PEOPLE_AT_ONCE = 250;
/** Between two looks at the round and at the worker's memory. */
const LOOK_EVERY_MS = 200;
const actor: Actor = { kind: 'operator', user: 'bench' };

/** `npm run bench -- accounts [ACCOUNTS] [sqlite|postgres]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [accounts = ACCOUNTS] = args.map(Number).filter((size) => size > 0);
  const [list, slack] = await Promise.all([startHrSystem(), startSlackApi()]);
  try {
    return await onEachDatabase(args, (name, url) => measure(name, url, { accounts, list, slack }));
  } finally {
    await Promise.all([list.close(), slack.close()]);
  }
}

interface Wanted {
  readonly accounts: number;
  readonly list: Served;
  readonly slack: Served;
}

async function measure(
  name: string,
  databaseUrl: string,
  { accounts, list, slack }: Wanted,
): Promise<readonly Figure[]> {
  const app = await startInstallation(databaseUrl, { slack, app: list });
  try {
    await app.workerReady();
    await addPeople(app, accounts);
    const integration = await addApp(app, `${list.url}/accounts?people=${accounts}&size=${PAGE}`);
    const about = `accounts, ${name}: ${accounts} at one app on pages of ${PAGE}`;
    const first = await round(app, integration);
    const second = await round(app, integration);
    const { total } = await app.foundation.stores.findings.list({}, { offset: 0, limit: 0 });
    return [
      ...figuresOf(`${about}, all of them findings`, first),
      ...figuresOf(`${about}, nothing new`, second),
      {
        what: `${about}: listed, findings`,
        value: `${second.listed}, ${total}`,
        aim: `${accounts} each`,
      },
    ];
  } finally {
    await app.stop();
  }
}

interface Rounded {
  readonly listed: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Of the worker, in kilobytes: when a tenth, a half and all of the time had passed. */
  readonly memory: readonly number[];
  readonly peak: number;
  readonly acks: readonly number[];
  /** When it ended. */
  readonly load: number;
}

const figuresOf = (what: string, found: Rounded): readonly Figure[] => {
  const { listed, seconds, processorSeconds: taken, memory, peak, acks, load } = found;
  const each = (taken * 1000) / listed;
  const rss = memory.map(megabytes).join(', ');
  return [
    {
      what: `${what}: round`,
      value: `${seconds.toFixed(1)} s, ${each.toFixed(2)} ms of the worker's processor each; load average ${load.toFixed(1)}`,
    },
    {
      what: `${what}: memory of the worker after a tenth, a half and all of it; at most`,
      value: `${rss}; ${megabytes(peak)}`,
      aim: 'flat',
    },
    { what: `${what}: ${acks.length} commands meanwhile`, value: inWords(acks), aim: 'p99 100 ms' },
  ];
};

async function round(app: App, { id }: Integration): Promise<Rounded> {
  const { stores, transact } = app.foundation;
  const pid = await app.workerReady();
  const [taken, began] = [await processorSeconds(pid), performance.now()];
  const ending = new AbortController();
  const acks = commandsUntil(ending.signal, app.url);
  const begun = await transact(async (tx) => {
    const integration = await tx.integrations.find(id);
    return integration && beginRound(tx, integration);
  });
  if (!begun) throw new Error('The round did not begin');
  const samples: number[] = [];
  let current: AccountRound = begun;
  while (!('finishedAt' in current)) {
    await sleep(LOOK_EVERY_MS);
    samples.push((await memoryOf(pid)).now);
    current = (await stores.accountRounds.find(begun.id)) ?? current;
  }
  const seconds = (performance.now() - began) / 1000;
  ending.abort();
  if (current.state !== 'done' || current.list !== 'complete')
    throw new Error(JSON.stringify(current));
  return {
    listed: current.listed,
    seconds,
    processorSeconds: (await processorSeconds(pid)) - taken,
    memory: [0.1, 0.5, 1].map((part) => samples[Math.ceil(samples.length * part) - 1] ?? 0),
    peak: (await memoryOf(pid)).peak,
    acks: await acks,
    load: loadavg()[0] ?? 0,
  };
}

/** The same people as in the list. */
async function addPeople({ foundation }: App, count: number): Promise<void> {
  const { transact } = foundation;
  for (let first = 0; first < count; first += PEOPLE_AT_ONCE)
    await transact((tx) =>
      tx.people.insertMany(
        Array.from({ length: Math.min(PEOPLE_AT_ONCE, count - first) }, (_, n) => ({
          ...blank(tx.newId(), `person.${first + n}@harbour.example`),
          firstName: 'Person',
          lastName: `Number ${first + n}`,
        })),
      ),
    );
}

async function addApp({ foundation }: App, url: string): Promise<Integration> {
  const manifest = JSON.stringify({
    execute: [{ url: `${new URL(url).origin}/grant`, data: { email: '{{email}}' } }],
    accounts: {
      execute: [{ url, method: 'GET' }],
      data_from: 'employees',
      data_structure: { id: 'id', email: 'workEmail', name: 'lastName' },
      next_page_from: 'next',
    },
  });
  const added = await foundation.transact((tx) =>
    addIntegration(tx, { name: 'Fernboard', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
  return added.integration;
}
