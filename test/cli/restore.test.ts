/** What `latchkey restore` puts in place and refuses; that a restored Latchkey goes on is in `test/e2e/restore.test.ts`. */
import { execFile } from 'node:child_process';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { backUpCommand } from '../../src/cli/database/backup.ts';
import { type RestoreOptions, restoreCommand } from '../../src/cli/database/restore.ts';
import { userName } from '../../src/cli/operator.ts';
import { noteRestored } from '../../src/engine/settings/restored.ts';
import { deleteCopiesBefore } from '../../src/store/backup-before-migrating.ts';
import { openDatabase } from '../../src/store/database.ts';
import { holdAlone } from '../../src/store/hold-alone.ts';
import { restoreSqlite } from '../../src/store/restore.ts';
import { createStores } from '../../src/store/stores.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { unitOfWork } from '../../src/store/work/unit-of-work.ts';
import { failsToRename } from '../support/database/fails-to-rename.ts';
import { withoutHardLinks } from '../support/database/without-hard-links.ts';
import { capturedOutput } from './captured.ts';

const MONDAY = new Date('2026-11-23T12:00:00Z');
const NOW = new Date('2026-11-28T12:00:00Z');
const KEPT = 'latchkey.sqlite.replaced-20261128T120000000Z';
const KEY = Buffer.alloc(32, 7);
const OTHER_KEY = Buffer.alloc(32, 8);

let folder: string;
let place: string;
let copy: string;

/** A database with a secret and a greeting, and a copy of it from before the greeting changed. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-restore-'));
  place = join(folder, 'data', 'latchkey.sqlite');
  copy = join(folder, 'monday.sqlite');
  await mkdir(join(folder, 'data'));
  await copyFile(inject('sqliteTemplate'), place);
  await writeKey(`${place}.key`, KEY);
  await inDatabase(place, async (db) => {
    await db('settings').insert({ key: 'greeting', version: 1, value: '"monday"' });
    const integration = { id: 'i1', version: 1, name: 'Fernboard', name_key: 'fernboard' };
    await db('integrations').insert({ ...integration, enabled: true, created_at: 1 });
    await createStores(db, createVault([KEY])).secrets.put('i1', 'TOKEN', 'pearl');
  });
  const by = { actor: { kind: 'operator', user: 'root' }, now: MONDAY } as const;
  await backUpCommand(config(), copy, { ...by, output: capturedOutput().output });
  await inDatabase(place, (db) => db('settings').update({ value: '"today"' }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Used = ReturnType<typeof config>;
const config = (keys: readonly Uint8Array[] = []) => ({ databaseUrl: `sqlite:${place}`, keys });
const writeKey = (file: string, key: Buffer) =>
  writeFile(file, `${key.toString('base64url')}\n`, { mode: 0o600 });

async function inDatabase<T>(file: string, work: (db: Knex) => PromiseLike<T>): Promise<T> {
  const db = openDatabase(`sqlite:${file}`);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

const greetingIn = (file: string) =>
  inDatabase(file, async (db) => {
    const row = await db<{ readonly key: string; readonly value: string }>('settings')
      .where({ key: 'greeting' })
      .first('value');
    return row?.value;
  });

interface Attempt extends RestoreOptions {
  readonly file?: string;
  readonly of?: Used;
}

async function restore({ file = copy, of = config(), ...options }: Attempt = {}) {
  const said = capturedOutput();
  await restoreCommand(file, options, { config: of, now: NOW, output: said.output });
  return said;
}

const files = async () => (await readdir(join(folder, 'data'))).toSorted();

test('the copy takes the place of the database, which is kept beside it', async () => {
  const said = await restore({ overwrite: true });
  expect(await greetingIn(place)).toBe('"monday"');
  expect(await greetingIn(join(folder, 'data', KEPT))).toBe('"today"');
  expect(said.stdout()).toContain(`Restored ${place} as it was at 2026-11-23T12:00:00Z.`);
  expect(said.stderr()).toContain(`What was there is in ${join(folder, 'data', KEPT)}`);
  expect(await greetingIn(copy)).toBe('"monday"');
});

test('into an empty folder it brings the key along, for its owner alone', async () => {
  await rename(`${place}.key`, join(folder, 'kept.key'));
  await rm(join(folder, 'data'), { recursive: true });
  await restore({ key: join(folder, 'kept.key') });
  expect(await files()).toEqual(['latchkey.sqlite', 'latchkey.sqlite.key', 'latchkey.sqlite.lock']);
  for (const name of await files())
    expect((await stat(join(folder, 'data', name))).mode & 0o777).toBe(0o600);
  expect(await readFile(`${place}.key`, 'utf8')).toBe(`${KEY.toString('base64url')}\n`);
});

test('the first start notes in the audit log what it is, also of a copy that was made otherwise', async () => {
  const plain = join(folder, 'plain.sqlite');
  await copyFile(place, plain);
  await restore({ overwrite: true, file: plain });
  const { mtime } = await stat(plain);
  const at = await inDatabase(place, (db) =>
    noteRestored(unitOfWork(db, createVault([KEY]), { now: () => NOW }), { kind: 'system' }),
  );
  expect(at).toEqual(mtime);
});

test('the audit log names who ran it, once, and not who starts Latchkey then', async () => {
  await restore({ overwrite: true });
  const by = await inDatabase(place, async (db) => {
    const transact = unitOfWork(db, createVault([KEY]), { now: () => NOW });
    await noteRestored(transact, { kind: 'system' });
    return db<{ readonly what: string; readonly actor: string }>('audit_log')
      .where({ what: 'database.restored' })
      .pluck('actor');
  });
  expect(by.map((each) => JSON.parse(each) as unknown)).toEqual([
    { kind: 'operator', user: userName() },
  ]);
  await backUpCommand(config(), join(folder, 'next.sqlite'), {
    actor: { kind: 'system' },
    now: NOW,
    output: capturedOutput().output,
  });
  const kept = await inDatabase(join(folder, 'next.sqlite'), (db) =>
    db<{ readonly key: string; readonly value: string }>('settings')
      .where({ key: 'restored-by' })
      .pluck('value'),
  );
  expect(kept).toEqual(['null']);
});

test('what is kept has what a process wrote last that was killed', async () => {
  const killed = `
    const { Database } = require('sqlite3');
    const db = new Database(process.argv[1]);
    db.exec("PRAGMA wal_autocheckpoint = 0; UPDATE settings SET value = 'late'", () =>
      process.kill(process.pid, 'SIGKILL'));`;
  const writing = promisify(execFile)(process.execPath, ['-e', killed, place], {
    cwd: resolve('.'),
  });
  await expect(writing).rejects.toMatchObject({ signal: 'SIGKILL' });
  expect((await stat(`${place}-wal`)).size).toBeGreaterThan(0);
  await restore({ overwrite: true });
  expect(await files()).not.toContain(`${KEPT}-wal`);
  expect(await greetingIn(join(folder, 'data', KEPT))).toBe('late');
});

test('a database of which nobody can say whether it is in use stays', async () => {
  await mkdir(`${place}-wal`); // SQLite can't open it then.
  await expect(restore({ overwrite: true })).rejects.toThrow(place);
  await rm(`${place}-wal`, { recursive: true });
  expect(await greetingIn(place)).toBe('"today"');
});

test('a database that is there stays without --overwrite', async () => {
  await expect(restore()).rejects.toThrow(`there is a database at ${place}; add --overwrite`);
  expect(await greetingIn(place)).toBe('"today"');
});

test('a database that is damaged makes room', async () => {
  await writeFile(place, 'no database at all, and long enough to be looked at');
  await restore({ overwrite: true });
  expect(await greetingIn(place)).toBe('"monday"');
});

/** The byte of a header that says which format the tables have. */
const SCHEMA_FORMAT = 47;
/** That says how the file is written: SQLite only reads one of a later way. */
const WRITE_VERSION = 18;

async function damage(file: string, byte: number): Promise<void> {
  const content = await readFile(file);
  content[byte] = 99;
  await writeFile(file, content);
}

test.each([SCHEMA_FORMAT, WRITE_VERSION])('a damaged header makes room (byte %i)', async (byte) => {
  await damage(place, byte);
  await restore({ overwrite: true });
  expect(await greetingIn(place)).toBe('"monday"');
});

test('on a disk without hard links a database is there at every moment', async () => {
  const { renamed } = withoutHardLinks();
  await restore({ overwrite: true });
  expect(renamed()).toEqual([join(folder, 'data', `${KEPT}.part`)]);
  expect(await greetingIn(place)).toBe('"monday"');
  const kept = join(folder, 'data', KEPT);
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect(await greetingIn(kept)).toBe('"today"');
});

test.each([
  ['has open', 'another program, most likely', false],
  ['has changed', 'during the restore; stop it', true],
])(
  'on a disk without hard links a database stays that a command %s while it is copied',
  async (_, why, isOver) => {
    const db = openDatabase(`sqlite:${place}`);
    withoutHardLinks(async () => {
      await db('settings').update({ value: '"later"' });
      if (isOver) await db.destroy();
    });
    await expect(restore({ overwrite: true })).rejects.toThrow(why);
    await db.destroy();
    expect(await greetingIn(place)).toBe('"later"');
    expect((await files()).filter((name) => name.includes('.replaced-'))).toEqual([]);
  },
);

test.each([true, false])('what an earlier one kept stays, hard links: %s', async (hasLinks) => {
  await restore({ overwrite: true });
  if (!hasLinks) withoutHardLinks();
  await expect(restore({ overwrite: true })).rejects.toThrow('EEXIST');
  expect(await greetingIn(join(folder, 'data', KEPT))).toBe('"today"');
});

test('what a database that is gone left beside it is not taken for a part of the copy', async () => {
  await rm(place);
  await writeFile(`${place}-wal`, 'of the one that is gone');
  await restore();
  expect(await files()).not.toContain('latchkey.sqlite-wal');
});

test('where the database is a link, the link stays', async () => {
  const disk = join(folder, 'disk.sqlite');
  await rename(place, disk);
  await symlink(disk, place);
  await restore({ overwrite: true });
  expect(await greetingIn(disk)).toBe('"monday"');
});

test('what it has replaced ends with a purge after 30 days, also where the database is a link', async () => {
  const disk = join(folder, 'disk.sqlite');
  await rename(place, disk);
  await writeFile(`${disk}-wal`, '');
  await symlink(disk, place);
  await restore({ overwrite: true });
  const kept = async () => (await readdir(folder)).filter((name) => name.includes('.replaced-'));
  expect(await kept()).toContain('disk.sqlite.replaced-20261128T120000000Z');
  const age = (days: number) => new Date(NOW.getTime() + days * 24 * 60 * 60_000);
  await deleteCopiesBefore(place, age(0));
  expect(await kept()).not.toEqual([]);
  await deleteCopiesBefore(place, age(1));
  expect(await kept()).toEqual([]);
});

test('what a database that is gone left beside it ends with a purge, too', async () => {
  await rm(place);
  await writeFile(`${place}-wal`, 'of the one that is gone');
  await restore();
  expect(await files()).toContain(`${KEPT}-wal`);
  await deleteCopiesBefore(place, new Date(NOW.getTime() + 1));
  expect(await files()).not.toContain(`${KEPT}-wal`);
});

test('what a restore that was killed has left is gone after the next one', async () => {
  for (const end of ['', '-wal'])
    await writeFile(`${place}.replaced-20261127T120000000Z.part${end}`, 'half of a copy');
  await restore({ overwrite: true });
  expect((await files()).filter((name) => name.includes('.part'))).toEqual([]);
});

/** What happens while a large copy is being looked over. */
const meanwhile = (happens: () => Promise<unknown>) =>
  restoreSqlite({ from: copy, to: place, now: NOW, key: undefined, check: happens });

test('one that was killed before the copy had its place can be done again', async () => {
  await link(place, `${place}.replaced-20261127T120000000Z`);
  await restore({ overwrite: true });
  expect(await greetingIn(place)).toBe('"monday"');
});

test('a command that has begun meanwhile keeps its database', async () => {
  const db = openDatabase(`sqlite:${place}`);
  try {
    await expect(meanwhile(async () => db('settings').select())).rejects.toThrow(
      'another program, most likely',
    );
    await db('settings').insert({ key: 'later', version: 1, value: '"stays"' });
  } finally {
    await db.destroy();
  }
  expect(await greetingIn(place)).toBe('"today"');
});

test('a database that has been made meanwhile stays', async () => {
  await rm(place);
  const made = () => copyFile(inject('sqliteTemplate'), place);
  await expect(meanwhile(made)).rejects.toThrow(`something made ${place} during the restore`);
  expect(await greetingIn(place)).toBeUndefined();
  expect((await files()).filter((name) => name.includes('.replaced-'))).toEqual([]);
});

test('two restores into one empty folder do not disturb each other', async () => {
  await rm(place);
  await meanwhile(async () => {
    await expect(restore()).rejects.toThrow(`Latchkey has ${place} open; stop it`);
  });
  expect(await greetingIn(place)).toBe('"monday"');
});

test('a link to a disk that is not connected stays one', async () => {
  await rm(place);
  await symlink(join(folder, 'missing', 'disk.sqlite'), place);
  await expect(restore()).rejects.toThrow('is a link to a file that is not there');
  expect((await lstat(place)).isSymbolicLink()).toBe(true);
});

/** Each leaves the database, and everything beside it, as it was. */
const refusals: Readonly<
  Record<string, readonly [arrange: () => Promise<Attempt | void>, why: string]>
> = {
  'a file that is not there': [
    async () => ({ file: join(folder, 'tuesday.sqlite') }),
    'tuesday.sqlite: there is no such file; check its name',
  ],
  'a folder': [async () => ({ file: folder }), 'this is no file; name a copy'],
  'a file that is no database': [
    () => writeFile(copy, 'no database at all, and long enough to be looked at'),
    'monday.sqlite is no database of Latchkey; name a copy of "latchkey backup"',
  ],
  'an empty file': [() => writeFile(copy, ''), 'is no database of Latchkey'],
  'a database of something else': [
    async () => {
      await rm(copy);
      await inDatabase(copy, (db) => db.schema.createTable('songs', (table) => table.text('id')));
    },
    'is no database of Latchkey; name a copy of "latchkey backup"',
  ],
  'half a copy': [
    async () => writeFile(copy, (await readFile(copy)).subarray(0, 100 * 1024)),
    'monday.sqlite is damaged (',
  ],
  'a copy with a damaged header': [
    () => damage(copy, SCHEMA_FORMAT),
    'monday.sqlite is damaged (SQLITE_CORRUPT); restore another copy',
  ],
  'a copy that SQLite only reads': [
    () => damage(copy, WRITE_VERSION),
    'monday.sqlite is damaged (SQLITE_READONLY); restore another copy',
  ],
  'a copy without one of its tables': [
    () => inDatabase(copy, (db) => db.schema.dropTable('settings')),
    'monday.sqlite is damaged (SQLITE_ERROR); restore another copy',
  ],
  'a copy on a broken disk': [
    async () => {
      await rm(copy);
      await symlink('/proc/self/mem', copy); // Its first bytes can't be read.
    },
    "monday.sqlite can't be read (EIO); look at its disk, or restore another copy",
  ],
  'the database of a newer version': [
    () =>
      inDatabase(copy, (db) =>
        db('knex_migrations').insert({ name: '9999-next', batch: 9, migration_time: 'now' }),
      ),
    'A newer Latchkey has changed this database (9999-next)',
  ],
  'the database itself': [
    async () => ({ file: place }),
    'is the database itself; name a copy of it',
  ],
  'a copy that the key does not open': [
    () => writeKey(`${place}.key`, OTHER_KEY),
    `latchkey.sqlite.key doesn't open`,
  ],
  'a copy that LATCHKEY_KEYS does not open': [
    async () => ({ of: config([OTHER_KEY]) }),
    "LATCHKEY_KEYS doesn't open",
  ],
  'a key beside LATCHKEY_KEYS': [
    async () => ({ of: config([KEY]), key: `${place}.key` }),
    'leave --key away',
  ],
  'a key that is not the one beside the database': [
    async () => {
      await writeKey(join(folder, 'other.key'), OTHER_KEY);
      return { key: join(folder, 'other.key') };
    },
    'latchkey.sqlite.key has another key than',
  ],
  'a key that is not there': [
    async () => ({ key: join(folder, 'no.key') }),
    'no.key: there is no such file',
  ],
};

test.each(Object.entries(refusals))(
  '%s is refused, and nothing changes',
  async (_, [arrange, why]) => {
    const attempt = await arrange();
    const before = await files();
    await expect(restore({ overwrite: true, ...attempt })).rejects.toThrow(why);
    expect((await files()).filter((name) => !name.endsWith('.lock'))).toEqual(before);
    expect(await greetingIn(place)).toBe('"today"');
  },
);

test('without any key it says how to name one', async () => {
  await rm(`${place}.key`);
  await expect(restore({ overwrite: true })).rejects.toThrow('name your copy of it with --key');
});

test('a Latchkey that runs is refused, and a command that has the database open', async () => {
  const letGo = await holdAlone(place);
  await expect(restore({ overwrite: true })).rejects.toThrow(`Latchkey has ${place} open; stop it`);
  await letGo();
  await inDatabase(place, async (db) => {
    await db('settings').select();
    await expect(restore({ overwrite: true })).rejects.toThrow('another program, most likely');
  });
  expect(await greetingIn(place)).toBe('"today"');
});

test('PostgreSQL has its own way', async () => {
  const of = { databaseUrl: 'postgres://db.example/latchkey', keys: [KEY] };
  await expect(restore({ of })).rejects.toThrow('which has its own: pg_restore');
});

test.each(['latchkey.sqlite', `${KEPT}-shm`])(
  'what fails at %s leaves the database with one name, and what was beside it',
  async (at) => {
    await writeFile(`${place}-shm`, 'its memory');
    failsToRename(join(folder, 'data', at));
    await expect(restore({ overwrite: true })).rejects.toThrow('EIO');
    expect((await stat(place)).nlink).toBe(1);
    expect(await readFile(`${place}-shm`, 'utf8')).toBe('its memory');
    expect((await files()).filter((name) => name.includes('.replaced-'))).toEqual([]);
    expect(await greetingIn(place)).toBe('"today"');
  },
);

test('what fails once the key was put beside the database takes it away again', async () => {
  const key = join(folder, 'elsewhere.key');
  await rename(`${place}.key`, key);
  failsToRename(place);
  await expect(restore({ overwrite: true, key })).rejects.toThrow('EIO');
  expect(await files()).not.toContain('latchkey.sqlite.key');
});

test('what fails once the copy has its place leaves it the key', async () => {
  const key = join(folder, 'elsewhere.key');
  await rename(`${place}.key`, key);
  failsToRename(place, true);
  await expect(restore({ overwrite: true, key })).rejects.toThrow('EIO');
  expect(await files()).toContain('latchkey.sqlite.key');
});

test('where the disk takes no more, everything is as it was', async () => {
  // In blocks of 512 bytes: less than a copy has.
  const line = `ulimit -f 64; exec '${process.execPath}' '${resolve('dist/src/cli/latchkey.js')}' restore --overwrite '${copy}'`;
  const env = { PATH: process.env['PATH'], DATABASE_URL: `sqlite:${place}` };
  const restoring = promisify(execFile)('sh', ['-c', line], { env, cwd: folder });
  await expect(restoring).rejects.toThrow('EFBIG');
  expect(await greetingIn(place)).toBe('"today"');
  expect((await files()).filter((name) => name.includes('.part'))).toEqual([]);
});
