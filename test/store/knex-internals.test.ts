import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectionSettingsOf,
  driverNameOf,
  driverOf,
  keepStatements,
  onConnection,
} from '../../src/store/knex-internals.ts';
import { ownTransactions } from '../../src/store/transactions-internals.ts';

/** What of a connection of SQLite's library is used. */
interface Sqlite {
  exec(sql: string, done: (error: Error | null) => void): void;
}
const execute = (connection: Sqlite, sql: string): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.exec(sql, (error) => (error ? reject(error) : resolve()));
  });

let folder: string;
let db: Knex;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knex-'));
  db = createKnex({
    client: 'sqlite3',
    connection: { filename: join(folder, 'x.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  ownTransactions(db);
  await db.raw('create table a (id integer primary key)');
});
afterEach(async () => {
  await db.destroy();
  await rm(folder, { recursive: true });
});

test('Knex names its driver and what it was opened with', () => {
  expect(driverNameOf(db)).toBe('sqlite3');
  expect(driverOf(db)).toHaveProperty('Database');
  expect(connectionSettingsOf(db)).toEqual({ filename: join(folder, 'x.sqlite') });
});

test("work on a connection has the driver's own, and gives it back", async () => {
  await onConnection(db, (connection) => execute(connection as Sqlite, 'create table c (d)'));
  expect(await db('c')).toEqual([]); // The pool has only one.
});

test('a statement that is kept gives what it gives each time, also after the schema has changed', async () => {
  keepStatements(db);
  const insert = (id: number) => db('a').insert({ id });
  await insert(1);
  await db.raw('alter table a add column name text');
  await insert(2);
  expect(await db('a').orderBy('id')).toEqual([
    { id: 1, name: null },
    { id: 2, name: null },
  ]);
  expect(await db('a').where({ id: 2 }).update({ name: 'Ann' })).toBe(1);
  expect(await db('a').where({ id: 2 }).delete()).toBe(1);
  expect(await db('a').insert({ id: 3 }).returning('id')).toEqual([{ id: 3 }]);
});

test('a kept statement that failed works again, and one that does not compile fails each time', async () => {
  keepStatements(db);
  const insert = () => db('a').insert({ id: 1 });
  await insert();
  await expect(insert()).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
  await db('a').delete();
  await insert();
  const wrong = () => db.raw('select * from nowhere');
  await expect(Promise.all([wrong(), wrong()])).rejects.toThrow('no such table');
  await expect(wrong()).rejects.toThrow('no such table');
});

test('a limit is a number in the statement, also of one inside another: SQLite prepares a statement with a bound one each time', async () => {
  keepStatements(db);
  await db('a').insert([{ id: 1 }, { id: 2 }, { id: 3 }]);
  const bound: unknown[] = [];
  db.on('query', ({ sql, bindings }) => bound.push(sql, bindings));
  const newest = (of: Knex) => of('a').orderBy('id', 'desc').limit(2);
  expect(await newest(db).offset(1).pluck('id')).toEqual([2, 1]);
  await db.transaction(async (tx) => {
    expect(await tx('a').whereIn('id', newest(tx).select('id')).first()).toEqual({ id: 2 });
  });
  expect(bound).toEqual([
    'select `id` from `a` order by `id` desc limit 2 offset ?',
    [1],
    'BEGIN;',
    undefined,
    'select * from `a` where `id` in (select `id` from `a` order by `id` desc limit 2) limit 1',
    [],
    'COMMIT;',
    undefined,
  ]);
});

test('more statements than are kept work, in transactions too, and the database closes', async () => {
  keepStatements(db);
  const prepared: string[] = [];
  for (let n = 0; n < 700; n += 1) prepared.push(...(await db.raw(`select '${n}' as n`)));
  await db.transaction(async (tx) => {
    await Promise.all([tx('a').insert({ id: 1 }), tx('a').insert({ id: 2 })]);
  });
  expect(prepared).toHaveLength(700);
  expect(await db('a').orderBy('id').pluck('id')).toEqual([1, 2]);
});
