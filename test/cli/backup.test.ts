import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUpCommand } from '../../src/cli/database/backup.ts';
import { noteRestored } from '../../src/engine/settings/restored.ts';
import { backUpSqlite } from '../../src/store/backup.ts';
import { inTransaction, openDatabase } from '../../src/store/database.ts';
import { isOpenElsewhere } from '../../src/store/hold-alone.ts';
import { migrate } from '../../src/store/migrations.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { createAuditStore } from '../../src/store/work/audit.ts';
import { unitOfWork } from '../../src/store/work/unit-of-work.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { unreleased } from '../support/database/older-database.ts';
import { capturedOutput } from './captured.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-backup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A migrated one, as Latchkey itself has it. */
function openMigrated(): Knex {
  putMigrated(join(folder, 'latchkey.sqlite'));
  return openDatabase(configOf('latchkey.sqlite').databaseUrl);
}

const NOW = new Date('2026-11-28T12:00:00Z');
const by = ({ output } = capturedOutput()) => ({
  actor: { kind: 'operator', user: 'root' } as const,
  now: NOW,
  output,
});

const configOf = (name: string) => ({ databaseUrl: `sqlite:${join(folder, name)}`, keys: [] });

test('what another process has written and not yet moved into the file is in the copy, which is one file', async () => {
  const db = openMigrated();
  await db('settings').insert({ key: 'greeting', version: 1, value: '"hello"' });
  const said = capturedOutput();
  await backUpCommand(configOf('latchkey.sqlite'), join(folder, 'copies', 'a.sqlite'), by(said));
  await db.destroy();

  expect(said.stdout()).toBe(`${join(folder, 'copies', 'a.sqlite')}\n`);
  expect(said.stderr()).toContain('latchkey.sqlite.key');
  expect(await readdir(join(folder, 'copies'))).toEqual(['a.sqlite']);
  const copy = openDatabase(`sqlite:${join(folder, 'copies', 'a.sqlite')}`);
  expect(await copy('settings').where({ key: 'greeting' }).pluck('value')).toEqual(['"hello"']);
  await copy.destroy();
});

test('the half that one left which was killed is in no way of the next, and goes', async () => {
  const db = openMigrated();
  const into = join(folder, 'copies');
  await mkdir(into);
  await writeFile(join(into, 'a.sqlite.part'), 'half a copy');
  await writeFile(join(into, 'a.sqlite.part-journal'), 'half a page');
  await backUpCommand(configOf('latchkey.sqlite'), join(into, 'a.sqlite'), by());
  expect(await readdir(into)).toEqual(['a.sqlite']);
  expect((await stat(join(into, 'a.sqlite'))).mode & 0o777).toBe(0o600);
  await db.destroy();
});

test('a copy that another command makes just now is left to it', async () => {
  const db = openMigrated();
  const to = join(folder, 'a.sqlite');
  const other = openDatabase(`sqlite:${to}.part`);
  await other.schema.createTable('people', (table) => table.integer('id'));
  await expect(backUpCommand(configOf('latchkey.sqlite'), to, by())).rejects.toThrow(
    `Another command makes ${to} just now; wait for it, or choose another name.`,
  );
  expect(await other.schema.hasTable('people')).toBe(true);
  expect(await readdir(folder)).toContain('a.sqlite.part');
  await Promise.all([db.destroy(), other.destroy()]);
});

test('of two commands that begin the same copy at once one makes it, and the other says so', async () => {
  const db = openMigrated();
  const to = join(folder, 'a.sqlite');
  const both = [1, 2].map(() => backUpCommand(configOf('latchkey.sqlite'), to, by()));
  const ends = await Promise.allSettled(both);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const failed = ends.find((end) => end.status === 'rejected');
  expect(String(failed?.reason)).toContain(`Another command makes ${to} just now`);
  expect((await readdir(folder)).filter((name) => name.startsWith('a.'))).toEqual(['a.sqlite']);
  await db.destroy();
});

test('of many commands that begin the same copy at once, where a killed one left a half, one makes it and keeps it', async () => {
  const db = openMigrated();
  const to = join(folder, 'a.sqlite');
  for (let time = 0; time < 3; time += 1) {
    await writeFile(`${to}.part`, 'half a copy');
    const all = [1, 2, 3, 4].map(() => backUpCommand(configOf('latchkey.sqlite'), to, by()));
    const ends = await Promise.allSettled(all);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const why = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
    for (const each of why) expect(each).toMatch(/makes .* just now|is there already/);
    expect((await readdir(folder)).filter((name) => name.startsWith('a.'))).toEqual(['a.sqlite']);
    await rm(to);
  }
  await db.destroy();
});

test('a copy that waits for its entry of the audit log is left to its command', async () => {
  const db = openMigrated();
  const to = join(folder, 'a.sqlite');
  const first = await inTransaction(db, async () => {
    let copying: Promise<boolean> | undefined;
    await new Promise<void>((waits, fails) => {
      const noted = {
        now: NOW,
        get actor() {
          waits(); // It is read for the entry alone.
          return by().actor;
        },
      };
      copying = backUpSqlite(join(folder, 'latchkey.sqlite'), to, noted);
      copying.catch(fails);
    });
    expect(await isOpenElsewhere(`${to}.part`)).toBe(false);
    await expect(backUpCommand(configOf('latchkey.sqlite'), to, by())).rejects.toThrow('just now');
    return { copying };
  });
  expect(await first.copying).toBe(true);
  expect((await readdir(folder)).filter((name) => name.startsWith('a.'))).toEqual(['a.sqlite']);
  await db.destroy();
});

test('a stopped database is copied to another disk where its own has no room for shared memory', async () => {
  const db = openMigrated();
  await db('settings').insert({ key: 'greeting', version: 1, value: '"hello"' });
  await db.destroy();
  await symlink('/nowhere/at/all', join(folder, 'latchkey.sqlite-shm')); // So that none can be made.
  const to = join(folder, 'copies', 'a.sqlite');
  await backUpCommand(configOf('latchkey.sqlite'), to, by());
  const copy = openDatabase(`sqlite:${to}`);
  expect(await copy('settings').where({ key: 'greeting' }).pluck('value')).toEqual(['"hello"']);
  await copy.destroy();
});

test('the audit log names the copy, and who made it', async () => {
  const db = openMigrated();
  const to = join(folder, 'a.sqlite');
  await backUpCommand(configOf('latchkey.sqlite'), to, by());
  const [entry] = await createAuditStore(db).list({ offset: 0, limit: 9 });
  expect(entry).toMatchObject({
    at: NOW,
    actor: { kind: 'operator', user: 'root' },
    what: 'database.copied',
    detail: { file: to },
  });
  await db.destroy();
});

test('a database that takes nothing more is copied all the same, and that the audit log lacks it is said', async () => {
  const db = openMigrated();
  await db.raw(
    `create trigger full before insert on audit_log begin select raise(abort, 'full'); end`,
  );
  const said = capturedOutput();
  await backUpCommand(configOf('latchkey.sqlite'), join(folder, 'a.sqlite'), by(said));
  expect(said.stderr()).toContain('Warning: the audit log does not name this copy');
  expect(await readdir(folder)).toContain('a.sqlite');
  await db.destroy();
});

test('of a restored copy the first start notes in the audit log what it is, and no later one', async () => {
  putMigrated(join(folder, 'latchkey.sqlite'));
  const to = join(folder, 'a.sqlite');
  await backUpCommand(configOf('latchkey.sqlite'), to, by());
  const restored = openDatabase(`sqlite:${to}`);
  const vault = createVault([Buffer.alloc(32, 7)]);
  const transact = unitOfWork(restored, vault, { now: () => NOW });
  expect(await noteRestored(transact, { kind: 'system' })).toEqual(NOW);
  expect(await noteRestored(transact, { kind: 'system' })).toBeUndefined();
  const entries = await createAuditStore(restored).list({ offset: 0, limit: 9 });
  expect(entries).toMatchObject([
    { what: 'database.restored', detail: { copiedAt: NOW.toISOString() } },
  ]);
  await restored.destroy();
});

test('a file that is there is not written over', async () => {
  putMigrated(join(folder, 'latchkey.sqlite'));
  const taken = join(folder, 'monday.sqlite');
  await writeFile(taken, 'precious');
  await expect(backUpCommand(configOf('latchkey.sqlite'), taken, by())).rejects.toThrow(
    `${taken} is there already; choose a name that is not taken.`,
  );
});

test('a folder that cannot be made is named', async () => {
  putMigrated(join(folder, 'latchkey.sqlite'));
  await writeFile(join(folder, 'file'), 'no folder');
  const into = join(folder, 'file', 'copies', 'a.sqlite');
  await expect(backUpCommand(configOf('latchkey.sqlite'), into, by())).rejects.toThrow(
    `${join(folder, 'file', 'copies')} is not there and can't be made; name a`,
  );
});

test('a file in the place of its folder is named as the cause', async () => {
  putMigrated(join(folder, 'latchkey.sqlite'));
  await writeFile(join(folder, 'file'), 'no folder');
  const copying = backUpCommand(configOf('latchkey.sqlite'), join(folder, 'file', 'a'), by());
  await expect(copying).rejects.toThrow('(ENOTDIR); most likely its folder is a file');
});

test('a database that this user may not look at is not said to be missing', async () => {
  const file = join(folder, 'loop.sqlite');
  await symlink(file, file); // Root may look at everything else.
  const copying = backUpCommand(configOf('loop.sqlite'), join(folder, 'a'), by());
  await expect(copying).rejects.toThrow('(SQLITE_CANTOPEN); most likely the file can');
});

test('a folder in the place of the database is named', async () => {
  await mkdir(join(folder, 'latchkey.sqlite'));
  const copying = backUpCommand(configOf('latchkey.sqlite'), join(folder, 'a'), by());
  await expect(copying).rejects.toThrow(
    `DATABASE_URL can't be used (EISDIR, ${join(folder, 'latchkey.sqlite')}): most likely it is a folder`,
  );
});

test('where there is no database none is made', async () => {
  const backup = backUpCommand(configOf('nowhere.sqlite'), join(folder, 'x'), by());
  await expect(backup).rejects.toThrow('there is no Latchkey: ');
  expect(await readdir(folder)).toEqual([]);
});

test('a database that no released version can use is not copied', async () => {
  const db = openDatabase(configOf('latchkey.sqlite').databaseUrl);
  await migrate(db, unreleased);
  await db.destroy();
  const to = join(folder, 'a.sqlite');
  await expect(backUpCommand(configOf('latchkey.sqlite'), to, by())).rejects.toThrow(
    'A version of Latchkey that was never released made this database.',
  );
  expect(await readdir(folder)).toEqual(['latchkey.sqlite']);
});

test('of a damaged database it says so, and does not send anyone to look at rights and room', async () => {
  await writeFile(
    join(folder, 'latchkey.sqlite'),
    'no database at all, and long enough to be read',
  );
  const copying = backUpCommand(configOf('latchkey.sqlite'), join(folder, 'a.sqlite'), by());
  await expect(copying).rejects.toThrow(
    '(SQLITE_NOTADB); most likely the file is no SQLite database',
  );
});

test('PostgreSQL is left to its own tool, which is named', async () => {
  const config = { databaseUrl: 'postgres://db.example/latchkey', keys: [] };
  const backup = backUpCommand(config, join(folder, 'x'), by());
  await expect(backup).rejects.toThrow('pg_dump --format=custom');
});
