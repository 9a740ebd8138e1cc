import { existsSync, statSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import knex, { type Knex } from 'knex';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTransaction, openDatabase, sqliteFile } from '../../src/store/database.ts';
import { holdAlone, isOpenElsewhere } from '../../src/store/hold-alone.ts';
import { heldTransaction } from '../support/database/held-transaction.ts';

let directory: string;
let file: string;
let connections: Knex[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-open-'));
  file = join(directory, 'not', 'yet', 'there.sqlite');
  connections = [];
});
afterEach(async () => {
  await Promise.all(connections.map((db) => db.destroy()));
  await rm(directory, { recursive: true, force: true });
});

const open = (): Knex => {
  const db = openDatabase(`sqlite:${file}`);
  connections.push(db);
  return db;
};

test('the directory of a new database is made, for its owner alone', async () => {
  await open().raw('select 1');
  expect(existsSync(file)).toBe(true);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
});

test('a new database, its write-ahead log and its lock are for their owner alone, whatever the umask', async () => {
  const before = process.umask(0o022);
  try {
    await open().raw('create table things (id integer)');
    const letGo = await holdAlone(file);
    for (const made of [file, `${file}-wal`, `${file}-shm`, `${file}.lock`])
      expect([made, statSync(made).mode & 0o777]).toEqual([made, 0o600]);
    await letGo();
  } finally {
    process.umask(before);
  }
});

test('a file is held by one at a time, whatever link leads to it, while all may use it', async () => {
  await open().raw('create table things (id integer)');
  const other = join(directory, 'link.sqlite');
  await symlink(file, other);
  const letGo = await holdAlone(file);
  await expect(holdAlone(other)).rejects.toMatchObject({ code: 'not-alone' });
  await open()('things').insert({ id: 1 });
  await letGo();
  await (await holdAlone(other))();
});

test('a file with another hard link is not opened, under either name, until one is removed', async () => {
  await open().raw('create table things (id integer)');
  const other = join(directory, 'other', 'latchkey.sqlite');
  await mkdir(dirname(other));
  await link(file, other);
  for (const name of [file, other])
    expect(() => openDatabase(`sqlite:${name}`)).toThrow(
      expect.objectContaining({ code: 'EMLINK', path: name }),
    );
  await rm(other);
  await open().raw('select * from things');
});

test('a hold that fails to let go hides no error of what it was for', async () => {
  await open().raw('create table things (id integer)');
  const letGo = await holdAlone(file);
  const closing = vi.spyOn(knex.Client.prototype, 'destroy');
  closing.mockRejectedValueOnce(new Error('The disk is gone'));
  await expect(letGo()).resolves.toBeUndefined();
  closing.mockRestore();
  await letGo();
});

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['foreign_keys', 1],
  ['busy_timeout', 5000],
])('%s is set to %s', async (pragma, value) => {
  const [row] = await open().raw<readonly object[]>(`pragma ${pragma}`);
  expect(Object.values(row ?? {})).toEqual([value]);
});

test('a connection that can not be set up holds nothing of the file', async () => {
  const first = open();
  await first.raw('create table things (id integer)');
  await first.destroy();
  await symlink('/nowhere/at/all', `${file}-shm`); // So that none can be made.
  await expect(open().raw('select 1')).rejects.toThrow('SQLITE_CANTOPEN');
  expect(await isOpenElsewhere(file)).toBe(false);
});

test('an address names a file, relative to where Latchkey runs', () => {
  expect(sqliteFile('sqlite:./data/x.sqlite')).toBe(resolve('data/x.sqlite'));
  expect(sqliteFile('sqlite:/data/x.sqlite')).toBe('/data/x.sqlite');
  expect(sqliteFile('postgres://u:p@host/name')).toBeUndefined();
  expect(sqliteFile('postgresql://host/name')).toBeUndefined();
});

test.each(['', 'sqlite:', 'mysql://host/name', './data/x.sqlite'])(
  'the address "%s" is refused',
  (url) => {
    expect(() => openDatabase(url)).toThrow(expect.objectContaining({ code: 'bad-database-url' }));
  },
);

test('work whose transaction can not begin is not called, and begins when the other is done', async () => {
  const [db, other] = [open(), open()];
  await db.raw('pragma busy_timeout = 1');
  const blocker = await heldTransaction(other);
  const calls: string[] = [];
  const work = async () => void calls.push('called');

  await expect(inTransaction(db, work)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
  expect(calls).toEqual([]);
  await blocker.rollback();
  await inTransaction(db, work);
  expect(calls).toEqual(['called']);
});

test('statements outside of a transaction wait as long as ever, whether one could begin or not', async () => {
  const [db, other] = [open(), open()];
  const timeout = () => db.raw<readonly unknown[]>('pragma busy_timeout');
  await inTransaction(db, async () => undefined);
  expect(await timeout()).toEqual([{ timeout: 5000 }]);

  await db.raw('pragma busy_timeout = 20');
  const blocker = await heldTransaction(other);
  await expect(inTransaction(db, async () => undefined, { tries: 1 })).rejects.toThrow(
    'SQLITE_BUSY',
  );
  expect(await timeout()).toEqual([{ timeout: 20 }]);
  await blocker.rollback();
});

test('an error inside a transaction is not taken for one that could not begin', async () => {
  const busy = Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' });
  let calls = 0;
  const work = async () => {
    calls += 1;
    throw busy;
  };
  await expect(inTransaction(open(), work)).rejects.toBe(busy);
  expect(calls).toBe(1);
});
