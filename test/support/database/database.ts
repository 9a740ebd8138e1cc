import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault, type Vault } from '../../../src/store/vault/vault.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { reusedDatabase } from './reused-database.ts';

export interface TestDatabase {
  readonly url: string;
  /** Of one that was opened with `databaseWithFile`. */
  readonly file?: string;
  readonly db: Knex;
  /** The vault's only key. */
  readonly key: Uint8Array;
  readonly vault: Vault;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** A second connection to the same file, as another process has one; ended by `cleanup`. */
  readonly connect: () => Knex;
  /** Ends every connection. */
  readonly cleanup: () => Promise<void>;
}

export interface DatabaseWithFile extends TestDatabase {
  /** Nothing else has ever been in it. */
  readonly file: string;
}

/** A migrated SQLite database, empty; its file and its connection may have served tests before. */
export async function temporaryDatabase(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<TestDatabase> {
  const reused = await reusedDatabase();
  const { url, db } = reused;
  return testDatabase({ url, db, now, onEvent, end: () => reused.giveBack() });
}

/** A migrated SQLite database in a new file, in a folder of its own: for tests that look at it, or that give it to other processes. */
export async function databaseWithFile(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<DatabaseWithFile> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const file = join(directory, 'latchkey.sqlite');
  const url = `sqlite:${file}`;
  await copyFile(inject('sqliteTemplate'), file);
  const db = openDatabase(url);
  const end = async () => {
    await db.destroy();
    await rm(directory, { recursive: true, force: true });
  };
  return { file, ...testDatabase({ url, db, now, onEvent, end }) };
}

interface Opened {
  readonly url: string;
  readonly db: Knex;
  readonly now: Clock;
  readonly onEvent: OnEvent | undefined;
  /** Ends `db`, after all other connections. */
  readonly end: () => Promise<void>;
}

function testDatabase({ url, db, now, onEvent, end }: Opened): TestDatabase {
  const connections: Knex[] = [];
  const key = randomBytes(32);
  const vault = createVault([key]);
  return {
    url,
    db,
    key,
    vault,
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, { now, onEvent }),
    connect() {
      const another = openDatabase(url);
      connections.push(another);
      return another;
    },
    async cleanup() {
      await Promise.all(connections.map((each) => each.destroy()));
      await end();
    },
  };
}

/** The files of a database that was opened with `databaseWithFile`, byte by byte. */
export function filesOf({ file }: TestDatabase): string {
  if (file === undefined) throw new Error('Other tests have written into this database');
  const folder = dirname(file);
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');
}
