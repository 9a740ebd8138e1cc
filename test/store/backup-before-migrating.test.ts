import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { purge } from '../../src/engine/work/purge.ts';
import { backUpBeforeMigrating } from '../../src/store/backup-before-migrating.ts';
import { openDatabase } from '../../src/store/database.ts';
import { holdAlone } from '../../src/store/hold-alone.ts';
import { type Migrations, migrate, migrations } from '../../src/store/migrations.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { createOccurrenceStore } from '../../src/store/work/occurrences.ts';
import { createRetention } from '../../src/store/work/retention.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { migratedPostgres } from '../support/peers/postgres.ts';

const later: Migrations = {
  ...migrations,
  '9999-later': {
    up: (tx) => tx.schema.alterTable('workers', (table) => table.text('host')),
  },
};
const actor = { kind: 'system' } as const;
const NOW = new Date('2026-11-28T12:00:00.123Z');

let folder: string;
let file: string;
let db: Knex;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-before-'));
  file = join(folder, 'latchkey.sqlite');
  db = openDatabase(`sqlite:${file}`);
});
afterEach(async () => {
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

const copies = async () =>
  (await readdir(folder)).filter((name) => name.includes('.before-')).toSorted();

test('a database whose tables will change is copied beside itself, as it was', async () => {
  putMigrated(file);
  await db('settings').insert({ key: 'greeting', version: 1, value: '"hello"' });
  const done = await backUpBeforeMigrating(db, { file, now: NOW, actor, all: later });
  await migrate(db, later);

  expect(done).toEqual({ kind: 'backed-up', file: `${file}.before-20261128T120000123Z` });
  const copy = openDatabase(`sqlite:${file}.before-20261128T120000123Z`);
  expect(await copy('settings').where({ key: 'greeting' }).pluck('value')).toEqual(['"hello"']);
  expect(await copy.schema.hasColumn('workers', 'host')).toBe(false);
  await copy.destroy();
});

test('a new database, and one that is up to date, are not copied', async () => {
  const options = { file, now: NOW, actor };
  expect(await backUpBeforeMigrating(db, options)).toEqual({ kind: 'nothing-to-do' });
  await migrate(db);
  expect(await backUpBeforeMigrating(db, options)).toEqual({ kind: 'nothing-to-do' });
  expect(await copies()).toEqual([]);
});

test('the last three copies are kept, and no other file is touched', async () => {
  putMigrated(file);
  for (const day of ['01', '02', '03']) await writeFile(`${file}.before-202611${day}T120000Z`, '');
  await writeFile(`${file}.before-the-holidays`, '');
  // Newer than those, and not one of them.
  for (const day of ['05', '06', '07'])
    await writeFile(`${file}.replaced-202611${day}T120000Z`, '');
  await backUpBeforeMigrating(db, { file, now: NOW, actor, all: later });
  expect(await copies()).toEqual([
    'latchkey.sqlite.before-20261102T120000Z',
    'latchkey.sqlite.before-20261103T120000Z',
    'latchkey.sqlite.before-20261128T120000123Z',
    'latchkey.sqlite.before-the-holidays',
  ]);
  expect((await readdir(folder)).filter((name) => name.includes('.replaced-'))).toHaveLength(3);
});

test('halves of copies whose processes were killed do not fill the disk, and one that another process writes stays', async () => {
  putMigrated(file);
  for (const minute of ['00', '01', '02'])
    for (const [end, content] of [
      ['.part', 'SQLite format 3'],
      ['.part.lock', ''],
    ] as const)
      await writeFile(`${file}.before-20261128T11${minute}00000Z${end}`, content);
  const written = `${file}.before-20261128T115959999Z.part`;
  const other = openDatabase(`sqlite:${written}`);
  await other.schema.createTable('copied', (table) => table.text('id'));
  await backUpBeforeMigrating(db, { file, now: NOW, actor, all: later });
  const stay = (await copies()).filter((name) => !/-(?:wal|shm)$/.test(name));
  expect(stay).toEqual([
    'latchkey.sqlite.before-20261128T115959999Z.part',
    'latchkey.sqlite.before-20261128T120000123Z',
  ]);
  await other.destroy();
});

test('a copy that waits for its entry of the audit log, and has it not open, is left to its process', async () => {
  putMigrated(file);
  const waiting = `${file}.before-20261128T115959999Z.part`;
  await writeFile(waiting, 'SQLite format 3');
  const letGo = await holdAlone(waiting);
  await backUpBeforeMigrating(db, { file, now: NOW, actor, all: later });
  expect(await copies()).toContain('latchkey.sqlite.before-20261128T115959999Z.part');
  await letGo();
});

test('two copies of one second stand beside each other', async () => {
  putMigrated(file);
  for (const ms of [1, 2])
    await backUpBeforeMigrating(db, { file, now: new Date(NOW.getTime() + ms), actor, all: later });
  expect(await copies()).toHaveLength(2);
});

test('a purge deletes copies that are older than thirty days, since people who were erased are in them', async () => {
  putMigrated(file);
  const others = ['latchkey.sqlite.before-the-holidays', 'other.sqlite.before-20200101T000000Z'];
  const times = [
    '20261029T115900Z.part',
    '20261029T120000Z',
    '20261029T120000122Z',
    '20261029T120000123Z',
  ];
  for (const name of [...others, ...times.map((time) => `latchkey.sqlite.before-${time}`)])
    await writeFile(join(folder, name), '');
  // Its process was killed while it looked the copy over.
  for (const end of ['-wal', '-shm', '.lock'])
    await writeFile(join(folder, `latchkey.sqlite.before-20261029T115900Z.part${end}`), '');
  const retention = createRetention(db, file, { vault: createVault([randomBytes(32)]) });
  const pause = async () => undefined;
  const purged = await purge({
    retention,
    stores: { occurrences: createOccurrenceStore(db) },
    retentionDays: 90,
    evidenceDays: 400,
    auditDays: 0,
    now: () => NOW,
    pause,
  });
  expect(purged).toEqual({ deleted: { copies: 3 }, missed: 0 });
  expect(await copies()).toEqual(['latchkey.sqlite.before-20261029T120000123Z', ...others]);
});

test("a copy that can't be made is an error that says so", async () => {
  putMigrated(file);
  await writeFile(`${file}.before-20261128T120000123Z`, 'taken');
  const backup = backUpBeforeMigrating(db, { file, now: NOW, actor, all: later });
  await expect(backup).rejects.toMatchObject({ code: 'cannot-back-up' });
});

test('PostgreSQL is left to its own tools', async () => {
  const postgres = await migratedPostgres();
  const other = postgres.connect();
  expect(
    await backUpBeforeMigrating(other, { file: undefined, now: NOW, actor, all: later }),
  ).toEqual({
    kind: 'postgres',
    pending: ['9999-later'],
  });
  await postgres.cleanup();
});
