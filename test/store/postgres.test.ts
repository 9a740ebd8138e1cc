/** What PostgreSQL does in its own manner: migrations under a lock, keys of jobs, several connections. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lane, lanes } from '../../src/engine/work/lanes.ts';
import { openDatabase, postgresPool } from '../../src/store/database.ts';
import { whyNoDatabase } from '../../src/store/database-trouble.ts';
import { migrate, migrations } from '../../src/store/migrations.ts';
import { createGraphileQueue, isForLane } from '../../src/store/queue/graphile-queue.ts';
import { createJobDriver } from '../../src/store/queue/job-driver.ts';
import { unitOfWork } from '../../src/store/work/unit-of-work.ts';
import { gate } from '../contracts/queue/job-runner.ts';
import { builtChild } from '../support/built-child.ts';
import { heldTransaction } from '../support/database/held-transaction.ts';
import { untilOneWaits } from '../support/database/lock-waits.ts';
import { idleJobs } from '../support/idle-jobs.ts';
import { type Cable, startCable } from '../support/peers/cable.ts';
import {
  type EmptyPostgres,
  emptyPostgres,
  migratedPostgres,
  postgresOfItsOwn,
  type TestPostgres,
} from '../support/peers/postgres.ts';
import { until } from '../support/until.ts';

const names = Object.keys(migrations);

describe.concurrent('migrations', () => {
  const onEmpty = (work: (database: EmptyPostgres) => Promise<void>) => async () => {
    const database = await emptyPostgres();
    try {
      await work(database);
    } finally {
      await database.cleanup();
    }
  };

  /** Every table and index; Knex's own stay when all else goes. */
  const schemaOf = async (db: Knex): Promise<readonly string[]> =>
    db('pg_class')
      .join('pg_namespace', 'pg_namespace.oid', 'relnamespace')
      .whereIn('nspname', ['public', 'graphile_worker'])
      .whereNot('relname', 'like', 'knex%')
      .orderBy(['nspname', 'relname'])
      .pluck('relname');

  test(
    'every migration runs once, and makes the queue too',
    onEmpty(async (database) => {
      const db = database.connect();
      expect(await migrate(db)).toEqual(names);
      expect(await migrate(db)).toEqual([]);
      const made = await schemaOf(db);
      expect(made).toEqual(expect.arrayContaining(['people', 'runs', '_private_jobs']));
    }),
  );

  test(
    'of three processes that start at once on a new database, one migrates it',
    onEmpty(async (database) => {
      const starters = [database.connect(), database.connect(), database.connect()];
      const ran = await Promise.all(starters.map((db) => migrate(db)));
      expect(ran.flat()).toEqual(names);
    }),
  );

  test(
    'a migration that fails leaves nothing of the others behind',
    onEmpty(async (database) => {
      const db = database.connect();
      const broken = {
        up: async () => {
          throw new RangeError('It broke.');
        },
      };
      const all = { ...migrations, '9999-broken': broken };
      await expect(migrate(db, all)).rejects.toThrow('It broke.');
      expect(await schemaOf(db)).toEqual([]);
      expect(await migrate(db)).toEqual(names);
    }),
  );

  test(
    'a process that is killed half-way leaves no lock behind',
    onEmpty(async (database) => {
      const directory = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
      const script = await builtChild(
        join(import.meta.dirname, 'migrations/migrating-child.ts'),
        directory,
      );
      const child = fork(script, [database.url]);
      const exit = once(child, 'exit');
      const said = await Promise.race([once(child, 'message'), exit]);
      expect(said[0]).toBe('half-way');
      child.kill('SIGKILL');
      await exit;
      expect(await migrate(database.connect())).toEqual(names);
      await rm(directory, { recursive: true, force: true });
    }),
  );
});

test('a second Latchkey in another schema of a database is refused: both would have one queue', async () => {
  const database = await migratedPostgres();
  await database.connect().raw('create schema other');
  const other = openDatabase(`${database.url}?options=-csearch_path%3Dother`);
  const why = await migrate(other).catch((error: unknown) => whyNoDatabase(error));
  expect(why).toContain('Another Latchkey has its tables in the schema public');
  await other.destroy();
  await database.cleanup();
});

test('what the server sets for its users changes nothing: transactions, times, limits', async () => {
  const database = await emptyPostgres();
  const admin = database.connect();
  const given = [
    ['DateStyle', 'German', 'ISO, DMY'],
    ['default_transaction_isolation', 'serializable', 'read committed'],
    ['idle_session_timeout', '10min', '0'],
    ['lock_timeout', '1s', '0'],
    ['statement_timeout', '1s', '0'],
  ] as const;
  for (const [name, value] of given)
    await admin.raw('alter database ?? set ?? = ??', [databaseOf(database.url), name, value]);
  const db = openDatabase(database.url);
  const pool = postgresPool(db, 1);
  for (const [name, , value] of given) {
    const own = await db.raw<{ readonly rows: readonly object[] }>(`show ${name}`);
    expect(own.rows).toEqual([{ [name]: value }]);
    expect((await pool.query(`show ${name}`)).rows).toEqual([{ [name]: value }]);
  }
  await pool.end();
  await db.destroy();
  await database.cleanup();
});

const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

describe('several connections', () => {
  const now = () => new Date();
  let database: TestPostgres;
  beforeEach(async () => {
    database = await postgresOfItsOwn(now);
  });
  afterEach(() => database.cleanup());

  const jobs = () => database.db('graphile_worker._private_jobs');

  test('two that read and then write the same row keep one of the two writes, and the other gets an error', async () => {
    const person = {
      id: 'p',
      version: 1,
      email: 'ann@example.com',
      firstName: 'Ann',
      lastName: '',
      role: 'other',
      active: true,
      stored: {},
    } as const;
    await database.stores.people.insert(person);
    const transacts = [database.transact, unitOfWork(database.connect(), database.vault, { now })];
    const outcomes = await Promise.allSettled(
      transacts.map((transact) =>
        transact(async (tx) => {
          const read = await tx.people.find('p');
          if (read) await tx.people.save({ ...read, version: 1 });
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await database.stores.people.find('p'))?.version).toBe(2);
  });

  test('of a key that many push at once one job is left, due at the earliest time', async () => {
    const start = Date.now();
    const dues = Array.from({ length: 20 }, (_, n) => new Date(start + ((n * 7) % 20) * 60_000));
    const others = [database.transact, unitOfWork(database.connect(), database.vault, { now })];
    await Promise.all(
      dues.map(async (dueAt, n) => {
        const transact = others[n % 2] ?? database.transact;
        const wish = { lane: 'background', dueAt, key: 'k' } as const;
        await transact((tx) => tx.queue.push('run.advance', { runId: 'a' }, wish));
      }),
    );
    expect(await jobs()).toMatchObject([{ run_at: new Date(start) }]);
  });

  test('a job that waits for its next try keeps the earlier time when its key is pushed again', async () => {
    const queue = createGraphileQueue(database.db, now);
    const wish = { lane: 'background', key: 'k' } as const;
    const soon = new Date();
    await queue.push('run.advance', { runId: 'a' }, { ...wish, dueAt: soon });
    await jobs().update({ attempts: 1, last_error: 'failed' });
    await queue.push(
      'run.advance',
      { runId: 'a' },
      { ...wish, dueAt: new Date(soon.getTime() + 60_000) },
    );
    expect(await jobs()).toMatchObject([{ run_at: soon, attempts: 0 }]);
  });

  test('a job that is claimed while its key is pushed leaves another for what was pushed', async () => {
    const queue = createGraphileQueue(database.connect(), now);
    const push = () => queue.push('run.advance', { runId: 'a' }, { lane: 'background', key: 'k' });
    await push();
    // A worker's claim that has not committed when the push looks, and has when the push adds.
    const claim = await heldTransaction(database.db);
    await claim.tx('graphile_worker._private_jobs').update({
      locked_at: claim.tx.fn.now(),
      locked_by: 'w1/background',
      attempts: 1,
    });
    const pushed = push();
    await untilOneWaits(database.db);
    await claim.commit();
    await pushed;
    expect(await jobs().whereNull('locked_at')).toMatchObject([{ key: 'k', attempts: 0 }]);
    expect(await jobs().whereNotNull('locked_at')).toHaveLength(1);
  });
});

test('behind a pooler that forgets the names of statements, a transaction runs again without names', async () => {
  const database = await postgresOfItsOwn();
  let tries = 0;
  const findNobody = () =>
    database.transact((tx) => {
      tries += 1;
      return tx.people.find('nobody');
    });
  await findNobody();
  await database.db.raw('deallocate all'); // On the only connection, since nothing needed another one.
  expect(await findNobody()).toBeUndefined();
  expect(tries).toBe(3);
  await database.db.raw('deallocate all');
  await findNobody();
  expect(tries).toBe(4);
  await database.cleanup();
});

test('behind such a pooler, a statement outside of a transaction runs again without a name', async () => {
  const database = await postgresOfItsOwn();
  const findNobody = () => database.stores.people.find('nobody');
  await findNobody();
  await database.db.raw('deallocate all'); // On the only connection.
  expect(await findNobody()).toBeUndefined();
  const named = await database.db('pg_prepared_statements').select('name');
  expect(named).toEqual([]);
  await database.cleanup();
});

test('behind a pooler that mixes up connections, a name means the same statement to every process', async () => {
  const database = await postgresOfItsOwn();
  const other = database.connect();
  const byId = (db: Knex) => db('people').where({ id: 'a' });
  const byEmail = (db: Knex) => db('people').where({ email: 'a' });
  const namedIn = async (db: Knex, ...asked: readonly ((on: Knex) => PromiseLike<unknown>)[]) => {
    for (const ask of asked) await ask(db);
    const { rows } = await db.raw<{
      readonly rows: readonly { name: string; statement: string }[];
    }>('select name, statement from pg_prepared_statements');
    return new Map(rows.map(({ name, statement }) => [name, statement]));
  };
  const statements = await namedIn(database.db, byId, byEmail);
  expect(statements.size).toBe(2);
  expect(await namedIn(other, byEmail, byId)).toEqual(statements);
  await database.cleanup();
});

describe('what workers hear', () => {
  test('is the lane of a job that is due, and nothing of one that is due later', async () => {
    const database = await postgresOfItsOwn();
    const listener = new Client({ connectionString: database.url });
    await listener.connect();
    const told: string[] = [];
    listener.on('notification', ({ payload }) => told.push(payload ?? ''));
    await listener.query('listen "jobs:insert"');
    const push = (lane: Lane, dueAt: Date, key: string) =>
      database.transact((tx) => tx.queue.push('run.advance', { runId: 'a' }, { lane, dueAt, key }));
    const [now, later] = [new Date(), new Date(Date.now() + 60_000)];
    await push('background', later, 'k');
    await push('background', now, 'k');
    await push('chat', now, 'other');
    await listener.query('select 1'); // What was committed before is announced before this is answered.
    const lanesTold = lanes.flatMap((lane) =>
      told.filter((notice) => isForLane(lane, notice)).map(() => lane),
    );
    expect(lanesTold.toSorted()).toEqual(['background', 'chat']);
    await listener.end();
    await database.cleanup();
  });
});

// Each waits until a silence has lasted: side by side.
describe.concurrent('a network that swallows what is said, and tells nobody', () => {
  /** Longer than a machine that does much beside ever leaves an answer waiting. */
  const SILENCE_MS = 3000;
  interface Network {
    readonly database: TestPostgres;
    readonly cable: Cable;
    /** The database at the other end of the cable. */
    readonly away: Knex;
  }
  const onCable = (work: (network: Network) => Promise<void>) => async () => {
    const database = await postgresOfItsOwn();
    const address = new URL(database.url);
    const cable = await startCable(Number(address.port));
    address.port = String(cable.port);
    const away = openDatabase(address.href, SILENCE_MS);
    try {
      await database.db.schema.createTable('things', (table) => {
        table.integer('id').primary();
        table.integer('size').notNullable();
      });
      await database.db('things').insert({ id: 1, size: 1 });
      await work({ database, cable, away });
    } finally {
      await away.destroy();
      await cable.close();
      await database.cleanup();
    }
  };

  test(
    'a question without an answer fails, and the next one has a connection of its own',
    onCable(async ({ cable, away }) => {
      await away('things').first();
      cable.swallow();
      await expect(away('things').first()).rejects.toMatchObject({ code: 'silent-database' });
      cable.mend();
      expect(await away('things').first()).toEqual({ id: 1, size: 1 });
    }),
  );

  test(
    'with a connection that is given up go those that lay idle: nobody waits for them as long again',
    onCable(async ({ cable, away }) => {
      // Both are ready before the cable swallows anything: one that is being opened then isn't idle.
      const [first, second] = [await heldTransaction(away), await heldTransaction(away)];
      await Promise.all([first.commit(), second.commit()]);
      cable.swallow();
      await expect(away('things').first()).rejects.toMatchObject({ code: 'silent-database' });
      cable.mend();
      const two = Promise.all([away('things').first(), away('things').first()]);
      expect(await two).toHaveLength(2);
    }),
  );

  test(
    'a transaction fails in the middle, and the server lets go of its rows',
    onCable(async ({ cable, away }) => {
      const cut = away.transaction(async (tx) => {
        await tx('things').where({ id: 1 }).update({ size: 2 });
        cable.swallow();
        await tx('things').where({ id: 1 }).update({ size: 3 });
      });
      await expect(cut).rejects.toMatchObject({ code: 'silent-database' });
      cable.mend();
      await away('things').where({ id: 1 }).increment('size', 10);
      expect(await away('things').first()).toEqual({ id: 1, size: 11 });
    }),
  );

  test(
    'a connection on which nothing is asked stays',
    onCable(async ({ database, away }) => {
      const pid = async () =>
        (await away.raw<{ readonly rows: readonly unknown[] }>('select pg_backend_pid()')).rows[0];
      const before = await pid();
      await database.db.raw('select pg_sleep(?)', [(2 * SILENCE_MS) / 1000]);
      expect(await pid()).toEqual(before);
    }),
  );

  /** Works in one lane with so many slots; `work` is what a run does. */
  const runnerWith = (away: Knex, slots: number, work: (runId: string) => Promise<void>) => {
    return createJobDriver(away).createRunner({
      workerId: 'w1',
      slots: { interactive: slots, chat: 0, imports: 0, events: 0, background: 0 },
      handlers: {
        ...idleJobs,
        'run.advance': ({ runId }) => work(runId),
      },
      now: () => new Date(),
      log: () => undefined,
    });
  };
  const push = ({ transact }: TestPostgres, runId: string) =>
    transact((tx) => tx.queue.push('run.advance', { runId }, { lane: 'interactive', key: runId }));
  const jobs = ({ db }: TestPostgres) => db('graphile_worker.jobs');

  test(
    'a job that waits is found, and one that is done is gone, when it is over',
    onCable(async ({ database, cable, away }) => {
      const [begun, over] = [gate<string>(), gate()];
      const runner = runnerWith(away, 1, async (runId) => {
        begun.open(runId);
        await over.opened;
      });
      const left = async () => (await jobs(database)).length;
      await push(database, 'a');
      runner.start();
      expect(await begun.opened).toBe('a');
      cable.swallow();
      await push(database, 'b');
      over.open();
      await database.db.raw('select pg_sleep(?)', [(2 * SILENCE_MS) / 1000]);
      cable.mend();
      await until(async () => (await left()) === 0);
      await runner.drain(5000);
    }),
  );

  test(
    'a worker that stops without a database, and with jobs that wait for a slot, ends well: the next one has them',
    onCable(async ({ database, cable, away }) => {
      const over = gate();
      const done = new Set<string>();
      const runner = runnerWith(away, 2, () => over.opened);
      const all = ['a', 'b', 'c', 'd'];
      for (const runId of all) await push(database, runId);
      runner.start();
      await until(
        async () => (await jobs(database).whereNotNull('locked_at')).length === all.length,
      );
      cable.cut();
      over.open();
      await runner.drain(5000).catch(() => undefined); // What it holds can't be given back now.
      cable.mend();

      await createJobDriver(away).releaseJobsOf('w1', new Date());
      const next = runnerWith(away, 2, async (runId) => void done.add(runId));
      next.start();
      await until(async () => (await jobs(database)).length === 0);
      await next.drain(5000);
      expect(done).toContain('d');
    }),
  );
});
