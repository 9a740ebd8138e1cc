/** What `latchkey move` says and refuses; that everything arrives is in `test/store/move.test.ts` and `test/e2e/restore.test.ts`. */
import { copyFileSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { CommandError } from '../../src/cli/command-error.ts';
import { type MoveOptions, moveCommand } from '../../src/cli/database/move.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import { openDatabase } from '../../src/store/database.ts';
import { holdAlone } from '../../src/store/hold-alone.ts';
import { createStores } from '../../src/store/stores.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { createAuditStore } from '../../src/store/work/audit.ts';
import { ok } from '../support/given/outcomes.ts';
import { type EmptyPostgres, emptyPostgres, migratedPostgres } from '../support/peers/postgres.ts';
import { capturedOutput } from './captured.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const KEY = Buffer.alloc(32, 7).toString('base64url');

let folder: string;
let postgres: EmptyPostgres;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-move-'));
  postgres = await migratedPostgres(); // A move takes that, too, and needn't make the tables first.
  await copyFile(inject('sqliteTemplate'), join(folder, 'latchkey.sqlite'));
  await writeFile(join(folder, 'latchkey.sqlite.key'), `${KEY}\n`);
});
afterEach(async () => {
  await postgres.cleanup();
  await rm(folder, { recursive: true, force: true });
});

/** Without tables. */
async function emptyUntilEnd(): Promise<EmptyPostgres> {
  const empty = await emptyPostgres();
  onTestFinished(empty.cleanup);
  return empty;
}

const sqlite = (): string => `sqlite:${join(folder, 'latchkey.sqlite')}`;

async function move(
  options: MoveOptions,
  environment: Environment = { DATABASE_URL: sqlite() },
  {
    typed = '',
    now = () => NOW,
    ...said
  }: ReturnType<typeof capturedOutput> & {
    readonly typed?: string;
    readonly now?: () => Date;
  } = capturedOutput(),
) {
  const read = ok(readConfig(environment));
  const actor = { kind: 'operator', user: 'root' } as const;
  const deps = { config: read.config, folder, actor, output: said.output, now };
  await moveCommand(options, { ...deps, typed: async () => typed });
  return said;
}

async function withSecret(): Promise<void> {
  const db = openDatabase(sqlite());
  await db('integrations').insert({
    id: 'i1',
    version: 1,
    name: 'Fernboard',
    name_key: 'fernboard',
    enabled: true,
    created_at: 1,
  });
  const vault = createVault([Buffer.from(KEY, 'base64url')]);
  await createStores(db, vault).secrets.put('i1', 'TOKEN', 'pearl');
  await db.destroy();
}

test('it says what to set in .env, and shows neither the key nor the password', async () => {
  await withSecret();
  const { stdout, stderr } = await move({ to: postgres.url });
  expect(stdout()).toMatch(/^integrations +1$/m);
  expect(stdout()).toContain(`LATCHKEY_KEYS  to the text in ${folder}/latchkey.sqlite.key`);
  expect(stderr()).toContain('Never start a Latchkey on the old database again');
  expect(stdout() + stderr()).not.toContain(KEY);
  expect(stdout() + stderr()).not.toContain(postgres.url);
});

test('with --write, .env has the address and the key, and all else as before', async () => {
  await withSecret();
  const before = `# Ours\nDATABASE_URL=${sqlite()}\nPORT=4000 # free\n`;
  await writeFile(join(folder, '.env'), before);
  await move({ to: postgres.url, write: true });
  expect(await readFile(join(folder, '.env'), 'utf8')).toBe(
    `# Ours\nDATABASE_URL=${postgres.url}\nPORT=4000 # free\nLATCHKEY_KEYS=${KEY}\n`,
  );
  expect(await readFile(join(folder, '.env.2026-11-28T120000.000Z'), 'utf8')).toBe(before);
});

test('after a move that was killed before it said so, the next one says that all is there, and where the key is', async () => {
  await withSecret();
  await move({ to: postgres.url });
  const again = move({ to: postgres.url });
  await expect(again).rejects.toThrow('an earlier move has filled it');
  await expect(again).rejects.toThrow(
    `set DATABASE_URL to it, and LATCHKEY_KEYS to the text in ${folder}/latchkey.sqlite.key`,
  );
});

test('an address with a password is typed, for other users see the arguments', async () => {
  await withSecret();
  await move({ to: '-' }, undefined, { ...capturedOutput(), typed: postgres.url });
  expect(await postgres.connect()('integrations')).toHaveLength(1);
});

test('the audit log of the new database names the move, and who did it', async () => {
  await move({ to: postgres.url });
  const [entry] = await createAuditStore(postgres.connect()).list({ offset: 0, limit: 9 });
  expect(entry).toMatchObject({
    at: NOW,
    actor: { kind: 'operator', user: 'root' },
    what: 'database.moved',
    detail: { from: 'sqlite', to: 'postgres' },
  });
});

test('what a moved database keeps secret opens with the key of the old one', async () => {
  await withSecret();
  await move({ to: postgres.url });
  const stores = createStores(postgres.connect(), createVault([Buffer.from(KEY, 'base64url')]));
  expect(await stores.secrets.all('i1')).toEqual({ TOKEN: 'pearl' });
});

test('the wrong key is refused before anything is moved', async () => {
  await withSecret();
  const other = Buffer.alloc(32, 8).toString('base64url');
  const empty = await emptyUntilEnd();
  const moving = move({ to: empty.url }, { DATABASE_URL: sqlite(), LATCHKEY_KEYS: other });
  await expect(moving).rejects.toThrow('LATCHKEY_KEYS is not the key of this database');
  expect(await empty.connect().schema.hasTable('people')).toBe(false);
});

test('a running Latchkey is refused', async () => {
  const db = openDatabase(sqlite());
  await db('workers').insert({ id: 'w1', beat_at: NOW.getTime() });
  await db.destroy();
  await expect(move({ to: postgres.url })).rejects.toThrow('Latchkey runs on this database');
});

test('what is refused leaves no file in the place of the new database', async () => {
  await move({ to: postgres.url });
  await postgres.connect()('workers').insert({ id: 'w1', beat_at: NOW.getTime() });
  const environment = { DATABASE_URL: postgres.url, LATCHKEY_KEYS: KEY };
  const before = await readdir(folder);
  const to = join(folder, 'new.sqlite');
  await expect(move({ to }, environment)).rejects.toThrow('Latchkey runs on this database');
  expect(await readdir(folder)).toEqual(before);
});

describe('in the place of the new database', () => {
  const environment = (): Environment => ({ DATABASE_URL: postgres.url, LATCHKEY_KEYS: KEY });
  const to = () => join(folder, 'new.sqlite');
  beforeEach(() => move({ to: postgres.url }));

  test('what another process puts there meanwhile stays', async () => {
    const others = openDatabase(sqlite());
    await others('workers').insert({ id: 'w1', beat_at: 0 });
    await others.destroy();
    const now = () => {
      copyFileSync(join(folder, 'latchkey.sqlite'), to());
      return NOW;
    };
    const moving = move({ to: to() }, environment(), { ...capturedOutput(), now });
    await expect(moving).rejects.toThrow("the new database isn't empty");
    expect(await readdir(folder)).toContain('new.sqlite');
  });

  test('what another process has open by then stays', async () => {
    await postgres.connect()('workers').insert({ id: 'w1', beat_at: NOW.getTime() });
    let others: Knex | undefined;
    const now = () => {
      others ??= openDatabase(`sqlite:${to()}`);
      void others.raw('select * from sqlite_master').catch(() => undefined);
      return NOW;
    };
    const moving = move({ to: to() }, environment(), { ...capturedOutput(), now });
    await expect(moving).rejects.toThrow('Latchkey runs on this database');
    expect(await readdir(folder)).toContain('new.sqlite');
    await others?.destroy();
  });
});

test('a Latchkey without a worker is refused as well: its file is open', async () => {
  const db = openDatabase(sqlite());
  await db('workers').select();
  await expect(move({ to: postgres.url })).rejects.toThrow(
    'another program has this database open',
  );
  await db.destroy();
  await expect(move({ to: postgres.url })).resolves.toBeDefined();
});

test('no Latchkey starts on the old file before .env names the new database', async () => {
  await writeFile(join(folder, '.env'), `DATABASE_URL=${sqlite()}\n`);
  const starts: Promise<string>[] = [];
  const now = () => {
    const start = holdAlone(join(folder, 'latchkey.sqlite')); // As a start does.
    starts.push(start.then(() => 'started', String));
    return NOW;
  };
  await move({ to: postgres.url, write: true }, undefined, { ...capturedOutput(), now });
  expect(starts).toHaveLength(3); // As the move begins, as it holds its locks, and as .env is written.
  for (const start of starts) expect(await start).toContain('Another Latchkey runs on');
  await (await holdAlone(join(folder, 'latchkey.sqlite')))();
});

test.each([
  ['sqlite:other.sqlite', 'both are SQLite; use "latchkey backup FILE"'],
  ['other.sqlite', 'both are SQLite; use "latchkey backup FILE"'],
  ['', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
  [' ', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
  ['-', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
  [':memory:', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
  ['sqlite::memory:', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
  ['mysql://db.example/x', '--to takes postgres://user:password@host/name, sqlite:FILE or a file'],
])('--to %s is refused with what to use', async (to, why) => {
  await expect(move({ to })).rejects.toThrow(why);
});

test('with the local client, which takes no PostgreSQL, nothing is moved there', async () => {
  const environment = { DATABASE_URL: sqlite(), TEAMS_LOCAL: '1' };
  await expect(move({ to: postgres.url }, environment)).rejects.toThrow('remove TEAMS_LOCAL');
  const there = openDatabase(postgres.url);
  onTestFinished(() => there.destroy());
  expect(await there('settings')).toEqual([]);
});

test('--write needs a .env that says where the database is', async () => {
  const moving = move({ to: postgres.url, write: true });
  await expect(moving).rejects.toThrow(`there is no ${folder}/.env to write to`);
  await writeFile(join(folder, '.env'), 'DATABASE_URL=sqlite:/elsewhere/x.sqlite\n');
  const other = move({ to: postgres.url, write: true });
  await expect(other).rejects.toThrow('DATABASE_URL comes from the environment');
  expect((await readdir(folder)).toSorted()).toEqual([
    '.env',
    'latchkey.sqlite',
    'latchkey.sqlite.key',
  ]);
});

test("what .env can't hold is refused before anything is moved", async () => {
  const before = `A="\nDATABASE_URL=${sqlite()}\nB="\nDATABASE_URL=${sqlite()}\n`;
  await writeFile(join(folder, '.env'), before);
  const empty = await emptyUntilEnd();
  const moving = move({ to: empty.url, write: true });
  await expect(moving).rejects.toThrow(`DATABASE_URL can't be changed in ${folder}/.env`);
  expect(await readFile(join(folder, '.env'), 'utf8')).toBe(before);
  expect(await empty.connect().schema.hasTable('people')).toBe(false);
});

test('where .env can no longer be written, what is to be set is said, and that everything was moved', async () => {
  await writeFile(join(folder, '.env'), `DATABASE_URL=${sqlite()}\n`);
  await mkdir(join(folder, '.env.2026-11-28T120000.000Z')); // Where the copy would go.
  const said = capturedOutput();
  const moving = move({ to: postgres.url, write: true }, { DATABASE_URL: sqlite() }, said);
  await expect(moving).rejects.toThrow(
    `everything was moved, but ${folder}/.env could not be changed: EEXIST`,
  );
  expect(said.stdout()).toContain('DATABASE_URL   to the address that you gave');
  const moved = await postgres.connect()('audit_log').where({ what: 'database.moved' });
  expect(moved).toHaveLength(1);
});

test('--write changes a .env that leaves the database at its default, in the data folder', async () => {
  await mkdir(join(folder, 'data'));
  for (const name of ['latchkey.sqlite', 'latchkey.sqlite.key'])
    await rename(join(folder, name), join(folder, 'data', name));
  await writeFile(join(folder, '.env'), 'PORT=4000\n');
  const here = { DATABASE_URL: `sqlite:${join(folder, 'data/latchkey.sqlite')}` };
  await move({ to: postgres.url, write: true }, here);
  expect(await readFile(join(folder, '.env'), 'utf8')).toContain(`DATABASE_URL=${postgres.url}\n`);
});

test('--write is refused where the environment says another PostgreSQL than .env', async () => {
  await writeFile(join(folder, '.env'), 'DATABASE_URL=postgres://old.example/latchkey\n');
  const environment = { DATABASE_URL: postgres.url, LATCHKEY_KEYS: KEY };
  const moving = move({ to: join(folder, 'new.sqlite'), write: true }, environment);
  await expect(moving).rejects.toThrow('DATABASE_URL comes from the environment');
});

test.each(['postgres:hunter2', 'postgres://u:hunter2@[x/db', 'hunter2://h/db'])(
  'what is no address, such as %s, is refused without being repeated',
  async (to) => {
    const refused = await move({ to }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CommandError);
    expect(String(refused)).toContain('--to takes postgres://user:password@host/name');
    expect(String(refused)).not.toContain('hunter2');
  },
);

test('a server that does not answer is named as such', async () => {
  const moving = move({ to: 'postgres://u:p@127.0.0.1:1/x' });
  await expect(moving).rejects.toThrow(
    "the PostgreSQL database can't be used (ECONNREFUSED): most likely nothing listens at its address",
  );
});

test('a file that is no database is the one that is named', async () => {
  await writeFile(
    join(folder, 'text.sqlite'),
    'no database at all, and long enough to be looked at',
  );
  const environment = { DATABASE_URL: postgres.url, LATCHKEY_KEYS: KEY };
  await move({ to: postgres.url });
  const file = join(folder, 'text.sqlite');
  await expect(move({ to: file }, environment)).rejects.toThrow(
    `${file} can't be used (SQLITE_NOTADB)`,
  );
});

test('a row that the new database does not take is named, without what is in it, and nothing is moved', async () => {
  const db = openDatabase(sqlite());
  const row = { version: 1, value: '{}' };
  await db('settings').insert([
    { ...row, key: 'fine' },
    { ...row, key: 'damaged', version: 'hunter2' },
  ]);
  await db.destroy();
  const refused = await move({ to: postgres.url }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CommandError);
  expect(String(refused)).toContain('nothing was moved: the row damaged of settings holds');
  expect(String(refused)).not.toContain('hunter2');
  expect(await postgres.connect()('settings')).toEqual([]);
});

test('without a .env that decides, what to set is said of the environment', async () => {
  const said = await move({ to: postgres.url });
  expect(said.stdout()).toContain('set in the environment that Latchkey starts with:');
  expect(said.stdout()).not.toContain('.env');
});
