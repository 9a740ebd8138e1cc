import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { OnEvent } from '../../../src/engine/work/on-event.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault, type Vault } from '../../../src/store/vault/vault.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';

export interface TestDatabase {
  readonly url: string;
  /** The database's file. */
  readonly file: string;
  readonly db: Knex;
  /** The vault's only key. */
  readonly key: Uint8Array;
  readonly vault: Vault;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** A second connection to the same file, as another process has one; ended by `cleanup`. */
  readonly connect: () => Knex;
  /** Ends every connection and removes the files. */
  readonly cleanup: () => Promise<void>;
}

/** A migrated SQLite database in a directory of its own. */
export async function temporaryDatabase(
  now: Clock = () => new Date(),
  onEvent?: OnEvent,
): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const file = join(directory, 'latchkey.sqlite');
  const url = `sqlite:${file}`;
  await copyFile(inject('sqliteTemplate'), file);
  const db = openDatabase(url);
  const connections = [db];
  const key = randomBytes(32);
  const vault = createVault([key]);

  return {
    url,
    file,
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
      await rm(directory, { recursive: true, force: true });
    },
  };
}
