/**
 * All stores in memory, for a try of a manifest. It is the same SQLite database as in service, for as long as it is open.
 * A random key that is never stored seals its secrets.
 */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Clock } from '../engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../engine/ports/unit-of-work.ts';
import { openInMemory, runScript } from './database.ts';
import { migrate } from './migrations.ts';
import { createStores } from './stores.ts';
import { createVault, KEY_BYTES } from './vault/vault.ts';
import { type UnitOfWorkOptions, unitOfWork } from './work/unit-of-work.ts';

export interface Memory {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** Deletes everything. */
  readonly close: () => Promise<void>;
}

/** Opens such a database. */
export type OpenMemory = typeof openMemory;

export async function openMemory(
  now: Clock,
  options: Pick<UnitOfWorkOptions, 'onEvent' | 'randomBytes'> = {},
): Promise<Memory> {
  schema ??= await schemaByMigrations();
  const db = openInMemory();
  await runScript(db, schema);
  const vault = createVault([randomBytes(KEY_BYTES)]);
  return {
    stores: createStores(db, vault),
    transact: unitOfWork(db, vault, { now, ...options }),
    close: () => db.destroy(),
  };
}

/** One script takes a tenth of the migrations' time, and the editor's server opens many of these databases. */
let schema: string | undefined;

async function schemaByMigrations(): Promise<string> {
  const db = openInMemory();
  try {
    await migrate(db);
    return (await statementsOf(db)).join(';\n');
  } finally {
    await db.destroy();
  }
}

/** The statements that create the tables and then their indexes. SQLite creates its own indexes with the tables. */
const statementsOf = (db: Knex): Promise<readonly string[]> =>
  db('sqlite_master')
    .whereNotNull('sql')
    .whereNot('name', 'like', 'sqlite%')
    .orderBy('rowid')
    .pluck('sql');
