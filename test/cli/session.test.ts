import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdtemp,
  open,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { CommandError } from '../../src/cli/command-error.ts';
import { missingDatabase } from '../../src/cli/configuration.ts';
import { userName } from '../../src/cli/operator.ts';
import { inSession, personNamed, type Session, writeOut } from '../../src/cli/session.ts';
import { whyUnwritable } from '../../src/cli/unwritable.ts';
import { StaleWrite } from '../../src/engine/ports/store.ts';
import { ADVISORY_LOCKS } from '../../src/store/advisory-locks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { isOpenElsewhere } from '../../src/store/hold-alone.ts';
import { HoldLost, holdForMove, refuseMove } from '../../src/store/hold-moving.ts';
import { migrate, migrations, migrationsOf } from '../../src/store/migrations.ts';
import { keepErased } from '../../src/store/people/erased-addresses.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { before, unreleased } from '../support/database/older-database.ts';
import { testEngine } from '../support/engine.ts';
import { addedPerson } from '../support/given/added.ts';
import { migratedPostgres } from '../support/peers/postgres.ts';

test('a command with the key of another database leaves its tables as they are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const db = openDatabase(url);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await db.destroy();
    await rm(folder, { recursive: true });
  });
  const [last = ''] = Object.keys(migrations).slice(-1);
  await migrate(db, before(last));
  await keepErased(db, createVault([randomBytes(32)]), {
    email: 'gone@example.com',
    at: new Date(),
  });
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
  const command = vi.fn<() => Promise<void>>();
  await expect(inSession(command)).rejects.toThrow('LATCHKEY_KEYS is not the key');
  expect(command).not.toHaveBeenCalled();
  expect((await migrationsOf(db)).pending).toEqual([last]);
});

async function ownSession(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  vi.stubEnv('DATABASE_URL', `sqlite:${join(folder, 'latchkey.sqlite')}`);
  vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
}

test('a disk that gets full in the middle of a command is said with what to do', async () => {
  await ownSession();
  const filling = inSession(
    async ({ db }) => {
      await db.raw('PRAGMA max_page_count = 1'); // As many as there are.
      await db('settings').insert({ key: 'large', version: 1, value: 'x'.repeat(1_000_000) });
    },
    { create: true },
  );
  await expect(filling).rejects.toThrow(CommandError);
  await expect(filling).rejects.toThrow(
    /^DATABASE_URL can't be used \(SQLITE_FULL, \/.+\/latchkey\.sqlite\): most likely the disk is full\. Fix that and try again$/,
  );
});

test('what someone else changed in the middle of a command is said with what to do', async () => {
  await ownSession();
  const overtaken = inSession(
    ({ transact }) => transact(() => Promise.reject(new StaleWrite('integration', 'i1', 1))),
    { create: true },
  );
  await expect(overtaken).rejects.toThrow(CommandError);
  await expect(overtaken).rejects.toThrow(/at the same moment; look at how it is now, and run/);
});

test('an admin whom another process changes at each try is said with what to do', async () => {
  await ownSession();
  await inSession(
    async ({ db, transact }) => {
      await addedPerson(transact, { email: 'ann@example.com' });
      // As if another process were faster each time.
      await db.raw(
        'create trigger overtaken before update on people begin select raise(ignore); end',
      );
    },
    { create: true },
  );
  vi.stubEnv('ADMIN_EMAILS', 'ann@example.com');
  const asking = inSession(async () => undefined);
  await expect(asking).rejects.toThrow(CommandError);
  await expect(asking).rejects.toThrow(
    /^another process changed this at the same moment, .*; run the command again$/,
  );
});

const used = () => new Error('in use');

describe.each([
  ['SQLite', async () => `sqlite:${join(await temporaryFolder(), 'latchkey.sqlite')}`],
  ['PostgreSQL', async () => (await postgresUntilEnd()).url],
] as const)('while "latchkey move" copies %s', (_, address) => {
  test('a command is refused, and works again when the move is over', async () => {
    const url = await address();
    vi.stubEnv('DATABASE_URL', url);
    vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
    onTestFinished(() => void vi.unstubAllEnvs());
    await inSession(async () => undefined, { create: true });
    const letGo = await holdForMove(url, used);
    const command = vi.fn<() => Promise<void>>(async () => undefined);
    await expect(inSession(command)).rejects.toThrow(
      `DATABASE_URL can't be used: "latchkey move" copies this database into another one now`,
    );
    expect(command).not.toHaveBeenCalled();
    await letGo();
    await inSession(command);
    expect(command).toHaveBeenCalled();
  });
});

test('a move finds the file of SQLite open that a command was let use', async () => {
  const file = join(await temporaryFolder(), 'latchkey.sqlite');
  const db = openDatabase(`sqlite:${file}`);
  onTestFinished(() => db.destroy());
  await refuseMove(`sqlite:${file}`, db);
  expect(await isOpenElsewhere(file)).toBe(true);
});

test.skipIf(process.getuid?.() !== 0)(
  'a move by root that is killed leaves no file that the user of the database may not look at',
  async () => {
    const file = join(await temporaryFolder(), 'latchkey.sqlite');
    await writeFile(file, '');
    await chown(file, 1234, 1235);
    const letGo = await holdForMove(`sqlite:${file}`, used);
    expect(await stat(`${file}.moving.lock`)).toMatchObject({ uid: 1234, gid: 1235 });
    await letGo();
  },
);

test('a move whose lock PostgreSQL ended says so when it lets go', async () => {
  const { url, connect } = await postgresUntilEnd();
  const letGo = await holdForMove(url, used);
  await connect().raw(
    `select pg_terminate_backend(pid, 5000) from pg_locks
     where locktype = 'advisory' and objid = ? and database = (select oid from pg_database where datname = current_database())`,
    [ADVISORY_LOCKS.moving],
  );
  await expect(letGo()).rejects.toThrow(HoldLost);
});

test('a move is refused while a command works on PostgreSQL', async () => {
  const { url } = await postgresUntilEnd();
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const moving = () => holdForMove(url, used);
  await inSession(() => expect(moving()).rejects.toThrow('in use'));
  await (await moving())();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function postgresUntilEnd() {
  const postgres = await migratedPostgres();
  onTestFinished(postgres.cleanup);
  return postgres;
}

test('a PostgreSQL that is gone in the middle of a command is said with what to do', async () => {
  await ownSession();
  const gone = openDatabase(`postgres://latchkey@127.0.0.1:${await freePort(0)}/latchkey`);
  onTestFinished(() => gone.destroy());
  const asking = inSession(() => gone.raw('select 1'), { create: true });
  await expect(asking).rejects.toThrow(
    /^DATABASE_URL can't be used \(ECONNREFUSED.*\): most likely nothing listens at its address\. Fix that and try again$/,
  );
});

test.each([
  [
    'whose key is missing',
    randomBytes(32),
    /^secrets\/i1\/TOKEN\/value was sealed with key \S+, which is not among the keys given; add that key back to LATCHKEY_KEYS, after the first one, or enter that value again$/,
  ],
  [
    'that is damaged',
    undefined,
    /^[^;]*secrets\/i1\/TOKEN\/value[^;]*; restore that row from a backup, or enter that value again$/,
  ],
])('a stored text %s is said with what to do', async (_what, key, sentence) => {
  await ownSession();
  const place = { table: 'secrets', row: 'i1/TOKEN', column: 'value' };
  const opening = inSession(
    async ({ vault }) => {
      const sealed = await (key ? createVault([key]) : vault).seal(place, 'a secret');
      await vault.open(place, key ? sealed : sealed.replace(/.{20}$/, 'A'.repeat(20)));
    },
    { create: true },
  );
  await expect(opening).rejects.toThrow(CommandError);
  await expect(opening).rejects.toThrow(sentence);
});

test('what fails elsewhere in a command is no trouble of the database', async () => {
  await ownSession();
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  await expect(inSession(() => Promise.reject(refused), { create: true })).rejects.toBe(refused);
});

test('a command leaves a database as it is that no released version can use, whatever its key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const db = openDatabase(url);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await db.destroy();
    await rm(folder, { recursive: true });
  });
  await migrate(db, unreleased);
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
  const command = vi.fn<() => Promise<void>>();
  await expect(inSession(command)).rejects.toThrow(
    "DATABASE_URL can't be used: A version of Latchkey that was never released made this database.",
  );
  expect(command).not.toHaveBeenCalled();
  expect(await db('knex_migrations').pluck('name')).toEqual(Object.keys(unreleased));
});

test.each([
  [
    'that a newer version has changed',
    async (db: Knex) => {
      await migrate(db);
      await db('knex_migrations').insert({ name: '0118-groups', batch: 2 });
    },
  ],
  ['from before the first release', (db: Knex) => migrate(db, unreleased)],
])('docs/upgrading.md has what a command says of a database %s', async (_what, make) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const db = openDatabase(url);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await db.destroy();
    await rm(folder, { recursive: true });
  });
  await make(db);
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('LATCHKEY_KEYS', randomBytes(32).toString('base64url'));
  const refused = await inSession(async () => undefined).catch((error: Error) => error.message);
  expect(readFileSync('docs/upgrading.md', 'utf8')).toContain(`\nError: ${refused}\n`);
});

test('a database that cannot be looked at is not called missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'latchkey.sqlite');
  await symlink(file, file); // Like a folder of another user, also for root.
  expect(missingDatabase({ databaseUrl: `sqlite:${file}` })).toBeUndefined();
  expect(missingDatabase({ databaseUrl: `sqlite:${file}.other` })).toBe(`${file}.other`);
});

test('commands work where the user has a number and no name, as in a container that was given one', () => {
  const nameless = () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(userName(nameless)).toBe(`user ${process.getuid?.() ?? 'unknown'}`);
  expect(userName(() => ({ username: 'ann' }))).toBe('ann');
});

test('a file that cannot be written is said with what to do, as in a container whose root is read-only', async () => {
  await expect(writeOut('/dev/null/copy.json', '{}')).rejects.toThrow(
    "/dev/null/copy.json can't be written (ENOTDIR); name a file in a folder that Latchkey may write to",
  );
});

test('on a disk that is read-only another place is wanted', () => {
  const failure = Object.assign(new Error('what the system says'), { code: 'EROFS' });
  expect(whyUnwritable(failure, 'look at who owns it')).toBe(
    "can't be written (EROFS); its disk is read-only: name a place on another one",
  );
});

test('on a full disk there is nothing to look at but its room', async () => {
  await expect(writeOut('/dev/full', '{}')).rejects.toThrow(
    "/dev/full can't be written (ENOSPC); its disk is full: free some room, and try again",
  );
});

test('what only its owner may read is for them alone, also where the file was there before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ann.json');
  await writeFile(file, 'older', { mode: 0o644 });
  await writeOut(file, '{}', { mode: 0o600 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toBe('{}');
});

test('a folder that is named as a file keeps its mode', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  await expect(writeOut(folder, '{}', { mode: 0o600 })).rejects.toThrow(
    "can't be written (EISDIR)",
  );
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
});

test('what is no file keeps its mode, such as /dev/null', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-session-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', ['-m', '644', pipe]);
  const reader = await open(pipe, 'r+'); // Without a reader, opening a pipe to write waits.
  onTestFinished(async () => {
    await reader.close();
    await rm(folder, { recursive: true });
  });
  await writeOut(pipe, '{}', { mode: 0o600 });
  expect((await stat(pipe)).mode & 0o777).toBe(0o644);
});

test.each(['', ' '])(
  'no name, as of an empty variable of a script, means no one: "%s"',
  async (name) => {
    const engine = await testEngine();
    expect((await engine.stores.people.search('', { offset: 0, limit: 9 })).total).toBe(1);
    const session = engine as unknown as Session; // It reads the directory alone.
    await expect(personNamed(name, session)).rejects.toThrow('give the name or email address');
  },
);

test('a first name that is also a part of another name means no one: a command asks nothing', async () => {
  const { stores, transact } = await testEngine();
  const ann = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' };
  await addedPerson(transact, ann);
  await addedPerson(transact, { email: 'jo@example.com', firstName: 'Joanna', lastName: 'Ray' });
  const named = (text: string) => personNamed(text, { stores });
  await expect(named('Ann')).rejects.toThrow('"Ann" means 2 people');
  expect(await named('Ann Lee')).toMatchObject(ann);
  expect(await named('joan')).toMatchObject({ firstName: 'Joanna' });
});
