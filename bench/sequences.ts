/** What it takes to plan the sequences of many people anew, as after another holiday; and how long someone's click waits meanwhile. */
import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../src/core/ids.ts';
import { blank } from '../src/engine/people/people.ts';
import type { Stores, UnitOfWork } from '../src/engine/ports/unit-of-work.ts';
import { assignSequence } from '../src/engine/sequences/assign.ts';
import { addItem } from '../src/engine/sequences/change-items.ts';
import { makeSequence } from '../src/engine/sequences/change-sequence.ts';
import { replanSequences } from '../src/engine/sequences/plan.ts';
import type { Sequence } from '../src/engine/sequences/sequence.ts';
import { changeWorkspaceSettings } from '../src/engine/settings/workspace-settings.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Figure, inWords } from './support/figure.ts';

const PEOPLE = 10_000;
const ITEMS = 5;
const ROWS_AT_ONCE = 50;
const CLICK_MS = 20;

const now = () => new Date();
const deps = { now, timeZone: 'Europe/Oslo' };
const by = { now, newId, actor: { kind: 'system' } } as const;

interface Bench {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** Of another process. */
  readonly click: UnitOfWork;
}

/** `npm run bench -- sequences [PEOPLE] [sqlite|postgres]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [count = PEOPLE] = args.map(Number).filter((size) => size > 0);
  return onEachDatabase(args, (name, url) => measure(name, url, count));
}

async function measure(name: string, url: string, count: number): Promise<readonly Figure[]> {
  const [db, other] = [openDatabase(url), openDatabase(url)];
  try {
    await migrate(db);
    const vault = createVault([randomBytes(32)]);
    const stores = createStores(db, vault);
    const transact = unitOfWork(db, vault, { now, timeZone: deps.timeZone });
    const bench = { stores, transact, click: unitOfWork(other, vault, { now }) };
    await assignToMany(count, await aSequence(transact), bench);
    const about = `sequences, ${name}: ${count} people with ${ITEMS} items each planned anew`;
    return [
      ...(await replanned(`${about}, where nothing moves`, bench)),
      ...(await replanned(`${about}, where all of it moves`, bench, async () => {
        const holidays = [new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)];
        await transact((tx) => changeWorkspaceSettings(tx, { holidays, weekend: [5, 6, 7] }));
      })),
    ];
  } finally {
    await Promise.all([db.destroy(), other.destroy()]);
  }
}

async function aSequence(transact: UnitOfWork): Promise<Sequence> {
  const made = await transact((tx) =>
    makeSequence(tx, { name: 'First month', anchor: 'start-date', isForEveryHire: false }, by),
  );
  if (!made.ok) throw new Error(made.why);
  for (let days = 1; days <= ITEMS; days += 1) {
    const does = {
      kind: 'message',
      channel: 'email',
      to: '{{email}}',
      subject: 'Hi',
      text: 'Hi',
    } as const;
    const timing = { kind: 'after', workingDays: days * 4, time: '09:00' } as const;
    await transact((tx) => addItem(tx, made.value.id, { timing, does, ...by }));
  }
  return made.value;
}

async function assignToMany(count: number, sequence: Sequence, { transact }: Bench): Promise<void> {
  const startDate = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  for (let first = 0; first < count; first += ROWS_AT_ONCE)
    await transact(async (tx) => {
      for (let n = first; n < Math.min(count, first + ROWS_AT_ONCE); n += 1) {
        const person = { ...blank(newId(), `p${n}@lab.example`), startDate };
        await tx.people.insert(person);
        const wish = { sequence, person, actor: by.actor, past: 'hold' } as const;
        await assignSequence(tx, wish);
      }
    });
}

async function replanned(
  what: string,
  { stores, transact, click }: Bench,
  change: () => Promise<void> = async () => undefined,
): Promise<readonly Figure[]> {
  await change();
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const waits: number[] = [];
  const over = new AbortController();
  const clicking = (async () => {
    while (!over.signal.aborted) {
      const begun = performance.now();
      await click((tx) => tx.workers.beat('clicker', now()));
      waits.push(performance.now() - begun);
      await sleep(CLICK_MS);
    }
  })();
  const begun = performance.now();
  await replanSequences({}, { ...deps, stores, transact, pause: sleep });
  const seconds = (performance.now() - begun) / 1000;
  over.abort();
  await clicking;
  loop.disable();
  return [
    { what, value: `${seconds.toFixed(1)} s` },
    {
      what: `${what}: longest that the event loop stood`,
      value: `${(loop.max / 1e6).toFixed(0)} ms`,
    },
    { what: `${what}: someone's write meanwhile`, value: inWords(waits) },
  ];
}
