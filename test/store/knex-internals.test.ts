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
  mendTransactions,
  onConnection,
} from '../../src/store/knex-internals.ts';

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
/** How each transaction was begun; a test changes it. */
let begin: () => Promise<void>;
/** Every statement that Knex ran. */
let statements: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knex-'));
  db = createKnex({
    client: 'sqlite3',
    connection: { filename: join(folder, 'x.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  statements = [];
  db.on('query', ({ sql }: { readonly sql: string }) => statements.push(sql));
  begin = async () => undefined;
  mendTransactions(db, async (connection) => {
    await begin();
    await execute(connection as Sqlite, 'BEGIN IMMEDIATE');
  });
  await db.raw('pragma foreign_keys = on');
  await db.raw('create table a (id integer primary key)');
  await db.raw('create table b (id integer references a (id) deferrable initially deferred)');
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

test('a transaction begins with the given statement, and gives what its work gives', async () => {
  let begun = 0;
  begin = async () => void (begun += 1);
  const sum = await db.transaction(async (tx) => {
    await tx('a').insert({ id: 1 });
    return 3;
  });
  expect([sum, begun, await db('a').pluck('id')]).toEqual([3, 1, [1]]);
  expect(statements.filter((sql) => sql.startsWith('BEGIN'))).toEqual([]);
});

test('a begin that fails rejects, and the work is not called', async () => {
  begin = () => Promise.reject(new Error('busy'));
  let called = false;
  await expect(
    db.transaction(async () => {
      called = true;
    }),
  ).rejects.toThrow('busy');
  expect(called).toBe(false);
});

test('work that fails is rolled back, and its error is what is thrown', async () => {
  const failing = db.transaction(async (tx) => {
    await tx('a').insert({ id: 1 });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await db('a').pluck('id')).toEqual([]);
});

test('a commit that fails rejects and is rolled back, so that the next transaction begins', async () => {
  const failing = db.transaction(async (tx) => void (await tx('b').insert({ id: 7 })));
  await expect(failing).rejects.toThrow('FOREIGN KEY');
  await db.transaction(async (tx) => void (await tx('a').insert({ id: 2 })));
  expect([await db('a').pluck('id'), await db('b').pluck('id')]).toEqual([[2], []]);
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
