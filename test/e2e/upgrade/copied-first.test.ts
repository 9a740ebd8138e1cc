/** A new version finds the SQLite database of the one before: it copies the file before it changes the tables. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFoundation } from '../../../src/app/foundation.ts';
import { readConfig } from '../../../src/config/config.ts';
import { ensureAdmins } from '../../../src/engine/people/people.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { startMainProcess } from '../../support/company/main-process.ts';
import { putMigrated } from '../../support/company/migrated-file.ts';
import { type NextVersion, nextVersion } from '../../support/company/next-version.ts';

let next: NextVersion;
let folder: string;
beforeEach(async () => {
  next = await nextVersion();
  folder = await mkdtemp(join(tmpdir(), 'latchkey-copied-'));
});
afterEach(async () => {
  await next.remove();
  await rm(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'latchkey.sqlite');
const environment = () => ({ DATABASE_URL: `sqlite:${file()}`, ADMIN_EMAILS: 'ada@example.com' });

/** As this version has left it. */
async function used(): Promise<void> {
  putMigrated(file());
  const read = readConfig(environment());
  if (!read.ok) throw new TypeError('The configuration is wrong');
  const before = await openFoundation(read.config);
  await before.transact((tx) => ensureAdmins(tx, read.config.adminEmails));
  await before.close();
}

/** @returns its log */
async function startAndStop(main?: string): Promise<string> {
  const started = await startMainProcess(environment, main);
  await started.stop();
  return started.log();
}

const copies = async () => (await readdir(folder)).filter((name) => name.includes('.before-'));

test('with the copy the old version starts again, and with the new tables it says what to do', async () => {
  await used();
  const log = await startAndStop(next.main);
  const [copy = '', ...others] = await copies();
  expect(others).toEqual([]);
  expect(log).toContain(copy);
  const before = openDatabase(`sqlite:${join(folder, copy)}`);
  expect(await before('people').pluck('email')).toEqual(['ada@example.com']);
  expect(await before.schema.hasColumn('runs', 'next_note')).toBe(false);
  await before.destroy();

  await expect(startAndStop()).rejects.toThrow(
    /A newer Latchkey has changed this database \(9999-next\); .*restore a backup from before/,
  );
  expect(await copies()).toHaveLength(1);
});
