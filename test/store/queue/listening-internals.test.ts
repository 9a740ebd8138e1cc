import { EventEmitter, once } from 'node:events';
import { Logger, run, type WorkerEvents } from 'graphile-worker';
import type { Pool, PoolClient } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgresPool } from '../../../src/store/database.ts';
import { shutDownOf } from '../../../src/store/queue/graphile-worker-internals.ts';
import { listeningOnce } from '../../../src/store/queue/listening-internals.ts';
import { postgresOfItsOwn } from '../../support/peers/postgres.ts';

let database: Awaited<ReturnType<typeof postgresOfItsOwn>>;
let pool: Pool;
beforeEach(async () => {
  database = await postgresOfItsOwn();
  pool = postgresPool(database.db, 10);
});
afterEach(async () => {
  await pool.end();
  await database.cleanup();
});

interface Listener {
  readonly client: PoolClient;
  readonly release: () => void;
}

/** What a runner does to listen. */
async function listened(from: Pool): Promise<Listener> {
  const listener = await new Promise<Listener>((resolve, reject) => {
    from.connect((error, client, release) => {
      if (error || !client) reject(error);
      else resolve({ client, release });
    });
  });
  await listener.client.query('LISTEN "jobs:insert"; LISTEN "worker:migrate";');
  return listener;
}

const listeners = async (): Promise<number> => {
  const { rows } = await pool.query(
    `select 1 from pg_stat_activity where datname = current_database() and query like 'LISTEN %'`,
  );
  return rows.length;
};

const notify = (text: string) => pool.query(`select pg_notify('jobs:insert', $1)`, [text]);
const heard = async ({ client }: Listener) =>
  (await once(client, 'notification'))[0] as { payload: string };

test('runners listen on one connection, and each hears every notification as it came', async () => {
  const shared = listeningOnce(pool);
  const [one, other] = await Promise.all([listened(shared), listened(shared)]);
  const late = await listened(shared);
  expect(await listeners()).toBe(1);
  one.client.on('notification', (message) => {
    message.payload = 'changed';
  });
  const all = Promise.all([heard(other), heard(late)]);
  await notify('as it came');
  expect((await all).map(({ payload }) => payload)).toEqual(['as it came', 'as it came']);
  for (const { release } of [one, other, late]) release();
});

test('a runner that stops leaves the connection to the others, and the last one closes it', async () => {
  const shared = listeningOnce(pool);
  const [one, other] = await Promise.all([listened(shared), listened(shared)]);
  await one.client.query('UNLISTEN "jobs:insert"; UNLISTEN "worker:migrate";');
  one.release();
  one.release(); // As a runner does whose LISTEN fails while it stops.
  const message = heard(other);
  await notify('still');
  expect((await message).payload).toBe('still');
  const { totalCount } = pool;
  other.release();
  expect(pool.totalCount).toBe(totalCount - 1);
});

test('a runner that stops before the connection is there leaves it to the others', async () => {
  const shared = listeningOnce(pool);
  shared.connect((_error, _client, release) => release());
  const other = await listened(shared);
  const message = heard(other);
  await notify('still');
  expect((await message).payload).toBe('still');
  other.release();
});

test('when the connection is lost, every runner hears of it, and the next one listens on another', async () => {
  const shared = listeningOnce(pool);
  const both = await Promise.all([listened(shared), listened(shared)]);
  const lost = Promise.all(both.map(({ client }) => once(client, 'error')));
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query like 'LISTEN %'`,
  );
  await lost;
  for (const { release } of both) release();
  const next = await listened(shared);
  const message = heard(next);
  await notify('again');
  expect((await message).payload).toBe('again');
  next.release();
});

test("other connections are the pool's own", async () => {
  const shared = listeningOnce(pool);
  const client = await shared.connect();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  client.release();
  expect((await shared.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
});

test('a runner of graphile-worker listens so, and leaves nothing open', async () => {
  const shared = listeningOnce(pool);
  const first = await listened(shared); // So the runner hears from its first moment.
  const events: WorkerEvents = new EventEmitter();
  const ended = shutDownOf(events);
  const asked = once(events, 'localQueue:getJobs:complete');
  let ran = () => {};
  const done = new Promise<void>((resolve) => {
    ran = resolve;
  });
  const runner = await run({
    pgPool: shared,
    events,
    concurrency: 1,
    pollInterval: 600_000, // It asks when it is notified, or never.
    noHandleSignals: true,
    parsedCronItems: [],
    preset: { worker: { localQueue: { size: 2, ttl: 600_000 } } },
    logger: new Logger(() => () => undefined),
    taskList: { work: async () => ran() },
  });
  await asked;
  await pool.query(`select graphile_worker.add_job('work')`);
  await done;
  first.release();
  await runner.stop();
  await ended;
  expect(pool.totalCount).toBe(pool.idleCount);
});
