import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { migrate, migrations } from '../../../src/store/migrations.ts';
import { builtChild } from '../../support/built-child.ts';
import { putMigrated } from '../../support/company/migrated-file.ts';
import {
  type EmptyDatabase,
  emptyDatabases,
  unreleased,
} from '../../support/database/older-database.ts';
import { type EmptyPostgres, migratedPostgres } from '../../support/peers/postgres.ts';
import { until } from '../../support/until.ts';

const names = Object.keys(migrations);
/** Who holds an advisory lock in this database. */
const HOLDERS = `select pid from pg_locks join pg_database on oid = database
  where datname = current_database() and locktype = 'advisory' and granted`;

/** What waits until it may go on. */
function gate(): { readonly held: Promise<void>; readonly goOn: () => void } {
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  return { held, goOn };
}

let directory: string;
let file: string;
let url: string;
let connections: Knex[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
  file = join(directory, 'latchkey.sqlite');
  url = `sqlite:${file}`;
  connections = [];
});
afterEach(async () => {
  await Promise.all(connections.map((db) => db.destroy()));
  await rm(directory, { recursive: true, force: true });
});

const connect = (): Knex => {
  const db = openDatabase(url);
  connections.push(db);
  return db;
};

/** Everything that the migrations made, as SQLite writes it down; Knex's own tables stay. */
const schemaOf = async (db: Knex): Promise<readonly string[]> =>
  db('sqlite_master')
    .whereNot('tbl_name', 'like', 'knex%')
    .whereNot('tbl_name', 'like', 'sqlite%')
    .orderBy('name')
    .pluck('sql');

test('every migration runs once', async () => {
  const db = connect();
  expect(await migrate(db)).toEqual(names);
  expect(await migrate(db)).toEqual([]);
});

test('of several processes that start at once on a new database, one migrates it', async () => {
  const ran = await Promise.all([connect(), connect(), connect()].map((db) => migrate(db)));
  expect(ran.flat()).toEqual(names);
});

test('a migration that fails leaves nothing of the others behind', async () => {
  const db = connect();
  const broken = {
    up: async () => {
      throw new RangeError('It broke.');
    },
  };
  await expect(migrate(db, { ...migrations, '9999-broken': broken })).rejects.toThrow('It broke.');
  expect(await schemaOf(db)).toEqual([]);
  expect(await migrate(db)).toEqual(names);
});

test('a process that is killed half-way leaves no lock behind', async () => {
  const child = fork(await builtChild(join(import.meta.dirname, 'migrating-child.ts'), directory), [
    url,
  ]);
  const exit = once(child, 'exit');
  const said = await Promise.race([once(child, 'message'), exit]);
  expect(said[0]).toBe('half-way');
  child.kill('SIGKILL');
  await exit;

  const db = connect();
  expect(await migrate(db)).toEqual(names);
});

describe('on PostgreSQL', () => {
  let postgres: EmptyPostgres;
  beforeEach(async () => {
    postgres = await migratedPostgres();
  });
  afterEach(() => postgres.cleanup());

  /** Another process that changes the table of people, until it may go on. */
  async function anotherMigrates() {
    const { held, goOn } = gate();
    const up = async (tx: Knex) => {
      await tx.schema.alterTable('people', (table) => table.text('shoe_size'));
      await held;
    };
    const all = { ...migrations, '9999-slow': { up } };
    const [db, look] = [postgres.connect(), postgres.connect()];
    const ran = migrate(db, all);
    await until(async () => (await look.raw(HOLDERS)).rows.length > 0);
    return { all, ran, goOn };
  }

  test('a process that waits for another one to migrate says so, and then has nothing to do', async () => {
    const { all, ran, goOn } = await anotherMigrates();
    let waiting = 0;
    const waits = () => {
      waiting += 1;
      goOn();
    };
    const waited = migrate(postgres.connect(), all, { waits });
    expect(await ran).toEqual(['9999-slow']);
    expect(await waited).toEqual([]);
    expect(waiting).toBe(1);
  });

  test('what has to be right first is looked at when no other process changes the tables', async () => {
    const { all, ran, goOn } = await anotherMigrates();
    const db = postgres.connect();
    let columns: readonly string[] = [];
    const first = async () => {
      columns = Object.keys(await db('people').columnInfo());
    };
    await migrate(db, all, { waits: goOn, first });
    expect(columns).toContain('shoe_size');
    await ran;
  });

  test('the documents say how to find the connection that migrates', async () => {
    const { ran, goOn } = await anotherMigrates();
    const document = await readFile('docs/upgrading.md', 'utf8');
    const [, question = ''] = /```sql\n(SELECT pid[^`]+)```/.exec(document) ?? [];
    const { rows } = await postgres.connect().raw<{ readonly rows: readonly unknown[] }>(question);
    goOn();
    await ran;
    expect(rows).toEqual([expect.objectContaining({ pid: expect.any(Number) as number })]);
  });

  test('the server looks whether the process that migrates is still there', async () => {
    const set: unknown[] = [];
    const look = {
      async up(tx: Knex) {
        const settings = [
          'client_connection_check_interval',
          'tcp_keepalives_idle',
          'tcp_user_timeout',
        ];
        for (const name of settings)
          set.push((await tx.raw('select current_setting(?) as value', [name])).rows[0].value);
      },
    };
    await migrate(postgres.connect(), { ...migrations, '9999-look': look });
    expect(set).toEqual(['10s', '10', '40000']);
  });
});

test('on SQLite, too, a process that waits for another one to migrate says so', async () => {
  putMigrated(file);
  const [first, second] = [connect(), connect()];
  await second.raw('pragma busy_timeout = 100');
  const { held, goOn } = gate();
  const begun = gate();
  const up = async () => {
    begun.goOn();
    await held;
  };
  const all = { ...migrations, '9999-slow': { up } };
  const ran = migrate(first, all);
  await begun.held;
  expect(await migrate(second, all, { waits: goOn })).toEqual([]);
  await ran;
});

test("a lock that Knex's own command line has left behind is freed", async () => {
  const db = connect();
  await migrate(db, {});
  await db('knex_migrations_lock').update({ is_locked: 1 });
  expect(await migrate(db)).toEqual(names);
});

test('a database that a newer version has migrated is refused', async () => {
  putMigrated(file);
  const db = connect();
  const nothing = { up: async () => undefined };
  await migrate(db, { ...migrations, '9999-newer': nothing });
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'newer-database',
    message: expect.stringContaining('9999-newer') as string,
  });
});

test('a later migration runs alone, and what is there stays', async () => {
  putMigrated(file);
  const db = connect();
  await db('workers').insert({ id: 'w1', beat_at: 1 });
  const later = {
    up: (tx: Knex) => tx.schema.alterTable('workers', (table) => table.text('host')),
  };
  expect(await migrate(db, { ...migrations, '9999-later': later })).toEqual(['9999-later']);
  expect(await db('workers')).toEqual([{ id: 'w1', beat_at: 1, host: null }]);
});

test('a later migration adds a word to a kind, and what refers to the table stays', async () => {
  putMigrated(file);
  const db = connect();
  const sequence = {
    version: 1,
    name: 'Week',
    is_on: true,
    for_every_hire: false,
    created_at: 1,
  };
  await db('sequences').insert({
    ...sequence,
    id: 's1',
    folded_name: 'week',
    anchor: 'start-date',
  });
  await db('sequence_starts').insert({ sequence_id: 's1', kind: 'run-failed', about: '' });
  const later = {
    async up(tx: Knex) {
      await tx.raw('PRAGMA writable_schema = ON');
      await tx.raw("update sqlite_schema set sql = replace(sql, ?, ?) where name = 'sequences'", [
        "'assignment')",
        "'assignment','birthday')",
      ]);
      await tx.raw('PRAGMA writable_schema = RESET');
    },
  };
  await migrate(db, { ...migrations, '9999-birthdays': later });
  const birthdays = { ...sequence, id: 's2', folded_name: 'cake' };
  await db('sequences').insert({ ...birthdays, anchor: 'birthday' });
  await expect(
    db('sequences').insert({ ...birthdays, id: 's3', folded_name: 'x', anchor: 'easter' }),
  ).rejects.toThrow(/check/i);
  expect(await db('sequence_starts').pluck('sequence_id')).toEqual(['s1']);
});

describe.each(Object.entries(emptyDatabases))('on %s', (_, open) => {
  let database: EmptyDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.cleanup());

  test('a database that a version made which was never released is refused, and stays as it is', async () => {
    const { db } = database;
    await migrate(db, unreleased);
    await db('people').insert({ id: 'p1' });
    await db('knex_migrations_lock').update({ is_locked: 1 });
    await expect(migrate(db)).rejects.toMatchObject({
      code: 'unreleased-database',
      message: expect.stringContaining('Start with a new database') as string,
    });
    expect(await db('people')).toEqual([{ id: 'p1' }]);
    expect(await db('knex_migrations').pluck('name')).toEqual(Object.keys(unreleased));
    expect(await db('knex_migrations_lock').pluck('is_locked')).toEqual([1]);
    expect(await db.schema.hasTable('settings')).toBe(false);
  });
});
