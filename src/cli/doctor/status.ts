/**
 * `latchkey status [--json]`: whether Latchkey runs, since when, what it has to do and what is stuck. It asks the process at
 * this configuration's address, and the database.
 */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { OpenRemovalState } from '../../engine/access/removals/removal.ts';
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import { openDatabase } from '../../store/database.ts';
import { isBeingMoved } from '../../store/hold-moving.ts';
import { migrationsOf } from '../../store/migrations.ts';
import { createJobDriver } from '../../store/queue/job-driver.ts';
import { SqliteMissing } from '../../store/sqlite-missing.ts';
import { createStores } from '../../store/stores.ts';
import { createVault } from '../../store/vault/vault.ts';
import { VERSION } from '../../version.ts';
import { type Output, shownTime } from '../output.ts';
import { MAX_SKEW_MS, missingFile } from './database.ts';
import { CLOSE_MS, closeInTime, codeOrReason, inTime } from './finding.ts';

export interface StatusDeps {
  readonly config: Config;
  readonly now: Clock;
  readonly output: Output;
  /** For how long the database is read. Left out: `ANSWER_MS`. */
  readonly maxReadMs?: number;
}

interface Running {
  readonly isReady: boolean;
  /** Why it is not ready: sentences. */
  readonly reasons: readonly string[];
  readonly since: Date | undefined;
}

interface Stored {
  readonly lastBeat: Date | undefined;
  readonly due: number;
  readonly later: number;
  /** How long the oldest due job has waited. */
  readonly oldestSeconds: number;
  readonly removals: Readonly<Record<OpenRemovalState, number>>;
}

const KEY_BYTES = 32;
/** Another process may be busy; a person waits at a terminal. */
const ANSWER_MS = 5000;

/** @returns the exit code: 0 when it runs and is ready */
export async function statusCommand(
  { json = false }: { readonly json?: boolean },
  deps: StatusDeps,
): Promise<number> {
  const { config, now, output } = deps;
  const [running, stored] = await Promise.all([ask(config), look(deps)]);
  if (json) output.json(asJson(running, stored));
  else print({ running, stored, address: addressOf(config), now: now() }, output);
  return running?.isReady ? 0 : 1;
}

const asJson = (running: Running | undefined, stored: Stored | string) => ({
  version: VERSION,
  running: running !== undefined,
  ready: running?.isReady ?? false,
  since: running?.since?.toISOString() ?? null,
  reasons: [...(running?.reasons ?? [])],
  ...(typeof stored === 'string'
    ? { database: stored }
    : {
        last_beat: stored.lastBeat?.toISOString() ?? null,
        queue: { due: stored.due, later: stored.later, oldest_seconds: stored.oldestSeconds },
        removals: { ...stored.removals },
      }),
});

interface Seen {
  readonly running: Running | undefined;
  readonly stored: Stored | string;
  readonly address: string;
  readonly now: Date;
}

function print({ running, stored, address, now }: Seen, output: Output): void {
  const line = (label: string, text: string) => output.line(`${label.padEnd(LABEL)}${text}`);
  line('Latchkey', runningInWords(running, { address, maySayStart: typeof stored !== 'string' }));
  for (const reason of running?.reasons ?? []) line('', reason);
  if (typeof stored === 'string') return line('Database', stored);
  const { lastBeat, due, later, oldestSeconds, removals } = stored;
  line('Worker', lastBeat ? lastSignOfLife(secondsBetween(lastBeat, now)) : 'none runs');
  const oldest = due > 0 ? `, the oldest for ${Math.round(oldestSeconds)} s` : '';
  line('Queue', `${due} due now${oldest}; ${later} later`);
  const { stuck, 'by-hand': byHand, ...others } = removals;
  const underWay = Object.values(others).reduce((sum, count) => sum + count, 0);
  const hint = stuck > 0 ? ' (see "latchkey removals")' : '';
  line('Removals', `${stuck} stuck${hint}, ${byHand} by hand, ${underWay} in progress`);
}

/** @param seconds negative where a clock was ahead by more than processes differ */
const lastSignOfLife = (seconds: number): string =>
  1000 * seconds < -MAX_SKEW_MS
    ? `last sign of life ${-seconds} s from now: a clock was ahead, or this one is behind`
    : `last sign of life ${Math.max(0, seconds)} s ago`;

const LABEL = 10;

function runningInWords(
  running: Running | undefined,
  { address, maySayStart }: { readonly address: string; readonly maySayStart: boolean },
): string {
  if (!running)
    return `${VERSION}: nothing answers at ${address}.${maySayStart ? ' Run "latchkey start".' : ''}`;
  const since = running.since ? `runs since ${shownTime(running.since)}` : 'runs';
  return `${VERSION}: ${since} at ${address}, ${running.isReady ? 'ready' : 'not ready'}`;
}

const secondsBetween = (from: Date, to: Date): number =>
  Math.round((to.getTime() - from.getTime()) / 1000);

/** An address that means all of a machine's is asked on this machine. */
function addressOf({ host, port }: Config): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  return host.includes(':')
    ? `http://[${host === '::' ? '::1' : host}]:${port}`
    : `http://${host}:${port}`;
}

const readyAnswer = z.object({
  ready: z.boolean(),
  reasons: z.array(z.object({ message: z.string() })).default([]),
});

/** @returns undefined when nothing answers, or something else than Latchkey does */
async function ask(config: Config): Promise<Running | undefined> {
  const get = (path: string) =>
    fetch(`${addressOf(config)}${path}`, {
      headers: config.metricsToken ? { Authorization: `Bearer ${config.metricsToken}` } : {},
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  const since = get('/metrics')
    .then((answer) => answer.text())
    .then(startIn)
    .catch(() => undefined); // That it runs is known without.
  try {
    const ready = readyAnswer.safeParse(await (await get('/readyz')).json());
    if (!ready.success) return undefined;
    return {
      isReady: ready.data.ready,
      reasons: ready.data.reasons.map(({ message }) => message),
      since: await since,
    };
  } catch {
    return undefined; // Nothing listens there, or it doesn't answer in time.
  }
}

/** @returns undefined where the metrics don't say it */
function startIn(metrics: string): Date | undefined {
  const seconds = /^process_start_time_seconds(?:\{.*\})? (\d+)/m.exec(metrics)?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}

/** @returns a sentence where the database can't be read */
async function look(deps: StatusDeps): Promise<Stored | string> {
  const missing = missingFile(deps.config);
  if (missing) return `${missing.sentence}. ${missing.next}`;
  try {
    return await storedIn(deps);
  } catch (error) {
    return error instanceof SqliteMissing
      ? error.message
      : `it can't be read (${codeOrReason(error)}); see "latchkey doctor"`;
  }
}

async function storedIn({
  config,
  now,
  maxReadMs = ANSWER_MS,
}: StatusDeps): Promise<Stored | string> {
  const db = openDatabase(config.databaseUrl, maxReadMs + CLOSE_MS);
  try {
    const { pending, unknown } = await inTime(migrationsOf(db));
    if (unknown.length > 0) return 'a newer Latchkey has changed it; see "latchkey doctor"';
    if (pending.length > 0)
      return 'it is as an earlier version left it; "latchkey start" brings it up to date';
    if (await inTime(isBeingMoved(config.databaseUrl, db), maxReadMs))
      return '"latchkey move" copies it into another one now; wait until it ends, and set what it says';
    return await inTime(countIn(db, now()), maxReadMs);
  } finally {
    await closeInTime(db);
  }
}

async function countIn(db: Knex, now: Date): Promise<Stored> {
  const stores = createStores(db, createVault([randomBytes(KEY_BYTES)])); // It opens nothing: what we count isn't encrypted.
  const depths = await createJobDriver(db).depths(now);
  return {
    lastBeat: await stores.workers.lastBeat(),
    due: depths.reduce((sum, { due }) => sum + due, 0),
    later: depths.reduce((sum, { later }) => sum + later, 0),
    oldestSeconds: Math.max(...depths.map(({ oldestSeconds }) => oldestSeconds)),
    removals: await stores.removals.countOpen(),
  };
}
