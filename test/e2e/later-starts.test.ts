/** Starts on what is there already: a database of this version, an older one, one of another key, and none that can be used. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app/app.ts';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { BadConfiguration } from '../../src/app/refused-start.ts';
import { readConfig } from '../../src/config/config.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { ensureAdmins } from '../../src/engine/people/people.ts';
import { makeSequence } from '../../src/engine/sequences/change-sequence.ts';
import { addHook } from '../../src/engine/sequences/hooks/change-hook.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate, migrations, migrationsOf } from '../../src/store/migrations.ts';
import { keepErased } from '../../src/store/people/erased-addresses.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import {
  type EmptyInstallation,
  emptyInstallation,
} from '../support/company/empty-installation.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { heldTransaction } from '../support/database/held-transaction.ts';
import { before, unreleased } from '../support/database/older-database.ts';
import { ok } from '../support/given/outcomes.ts';
import { until } from '../support/until.ts';

const jobsFolder = new URL('../../dist/src/jobs/', import.meta.url);

let installation: EmptyInstallation;
let folder: string;
let environment: Record<string, string>;
let app: App | undefined;

beforeEach(async () => {
  installation = await emptyInstallation();
  ({ folder, environment } = installation);
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  await installation.cleanup();
});

const key = () => randomBytes(32).toString('base64url');
const file = () => join(folder, 'latchkey.sqlite');

async function start(): Promise<App> {
  const started = await startApp(environment, jobsFolder);
  app = started;
  await started.workerReady();
  return started;
}

/** The database of a Latchkey that has run before. */
function installed(): Promise<Foundation> {
  putMigrated(file());
  const read = readConfig(environment);
  if (!read.ok) throw new TypeError('The configuration is wrong');
  return openFoundation(read.config);
}

test('a refused call of a webhook is counted although Latchkey stops right after it', async () => {
  putMigrated(file());
  const { foundation, url } = await start();
  const by = { actor: { kind: 'system' } } as const;
  const hook = await foundation.transact(async (tx) => {
    const about = { name: 'Welcome', anchor: 'assignment', isForEveryHire: false } as const;
    const sequence = ok(await makeSequence(tx, about, by));
    const sequenceId = sequence.value.id;
    return addHook(tx, { sequenceId, name: 'HR', emailPath: 'email' }, by);
  });
  const answer = await fetch(`${url}/hooks/${hook.id}`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(401);
  await app?.stop();
  const { stores } = (await start()).foundation;
  expect(await stores.hooks.find(hook.id)).toMatchObject({ refusals: 1 });
});

test('a signal ends a start that waits, also of the first process of a container, which has no default for one', async () => {
  const db = openDatabase(environment['DATABASE_URL'] ?? '');
  const held = await heldTransaction(db); // The migration waits for it.
  const env = { PATH: process.env['PATH'], ...environment, LATCHKEY_KEYS: key() };
  const main = spawn(process.execPath, [resolve('dist/src/main.js')], { cwd: folder, env });
  const exit = once(main, 'exit');
  await until(() => existsSync(`${file()}.lock`));
  main.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  await held.rollback();
  await db.destroy();
});

test('a start with another key than that of the database ends, and seals nothing with it', async () => {
  const [right, wrong] = [key(), key()];
  environment['LATCHKEY_KEYS'] = right;
  const earlier = await installed();
  const wanted = {
    name: 'Fern',
    manifest: JSON.stringify({
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      execute: [{ url: 'https://api.example.com/users', headers: { authorization: '{{TOKEN}}' } }],
    }),
    secrets: { TOKEN: 'hunter2hunter2' },
  };
  const deps = { actor: { kind: 'system' } } as const;
  await earlier.transact((tx) => addIntegration(tx, wanted, deps));
  await earlier.close();

  environment['LATCHKEY_KEYS'] = wrong;
  await expect(startApp(environment, jobsFolder)).rejects.toMatchObject({
    problems: [{ variable: 'LATCHKEY_KEYS' }],
  });
  environment['LATCHKEY_KEYS'] = `${wrong},${right}`; // As while the key is changed.
  await start();
});

test('a start with the key of another database leaves its tables as they are: the version from before can go on', async () => {
  const [last = ''] = Object.keys(migrations).slice(-1);
  const db = openDatabase(environment['DATABASE_URL'] ?? '');
  try {
    await migrate(db, before(last));
    await keepErased(db, createVault([randomBytes(32)]), {
      email: 'gone@example.com',
      at: new Date(),
    });
    environment['LATCHKEY_KEYS'] = key();
    await expect(startApp(environment, jobsFolder)).rejects.toMatchObject({
      problems: [{ variable: 'LATCHKEY_KEYS' }],
    });
    expect((await migrationsOf(db)).pending).toEqual([last]);
  } finally {
    await db.destroy();
  }
});

test('a start leaves a database as it is that no released version can use', async () => {
  const db = openDatabase(environment['DATABASE_URL'] ?? '');
  try {
    await migrate(db, unreleased);
    environment['LATCHKEY_KEYS'] = key();
    const problem = {
      variable: 'DATABASE_URL',
      message: expect.stringContaining('was never released made this database') as string,
    };
    await expect(startApp(environment, jobsFolder)).rejects.toMatchObject({ problems: [problem] });
    expect(await db('knex_migrations').pluck('name')).toEqual(Object.keys(unreleased));
  } finally {
    await db.destroy();
  }
});

test.each([
  ['that holds no key', (path: string) => writeFile(path, 'half a k'), /does not hold a key/],
  ['that can not be read', (path: string) => mkdir(path), /can't be read \(EISDIR\)/],
])('a key file %s is what the start blames, with what to do', async (_, make, why) => {
  await make(join(folder, 'latchkey.sqlite.key'));
  const problems = await startApp(environment, jobsFolder).then(
    () => [],
    (error: unknown) => (error instanceof BadConfiguration ? error.problems : [error]),
  );
  expect(problems).toMatchObject([{ variable: 'LATCHKEY_KEYS' }]);
  expect(JSON.stringify(problems)).toMatch(why);
});

test.each([
  [
    'where nobody listens',
    'postgres://u:hunter2@127.0.0.1:1/latchkey',
    /ECONNREFUSED.*nothing listens/,
  ],
  ['that is a file of something else', 'sqlite:package.json', /SQLITE_NOTADB.*no SQLite database/],
  ['in a folder that is a file', 'sqlite:package.json/x/latchkey.sqlite', /ENOTDIR.*is a file/],
  ['in a folder that can not be made', 'sqlite:/proc/x/y/latchkey.sqlite', /ENOENT.*is not there/],
])('a database %s ends the start with a sentence, and not with a stack', async (_, url, why) => {
  const started = startApp({ ...environment, DATABASE_URL: url, LATCHKEY_KEYS: key() }, jobsFolder);
  const problems = await started.then(
    () => [],
    (error: unknown) => (error instanceof BadConfiguration ? error.problems : [error]),
  );
  expect(problems).toMatchObject([{ variable: 'DATABASE_URL' }]);
  expect(JSON.stringify(problems)).toMatch(why);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
  expect(JSON.stringify(problems), 'an empty installation is no cure').not.toContain('sqlite:./');
});

test('a start purges what grew too old while nothing ran', async () => {
  const earlier = await installed();
  const { config, stores, transact } = earlier;
  await transact((tx) => ensureAdmins(tx, config.adminEmails));
  const [admin] = await stores.people.admins();
  await stores.messages.put({
    id: 'old',
    card: { view: 'run', payload: '{}', topic: 'run:1' },
    readerId: admin?.id ?? '',
    address: { platform: 'slack', key: 'D1' },
    shown: '',
    postedAt: new Date('2020-01-01T00:00:00Z'),
  });
  await earlier.close();

  const { messages } = (await start()).foundation.stores;
  await until(async () => !(await messages.find('old')));
  expect(await messages.find('old')).toBeUndefined();
});
