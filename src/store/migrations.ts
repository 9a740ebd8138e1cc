import type { Knex } from 'knex';
import * as people from '../../migrations/0001-people.ts';
import * as integrations from '../../migrations/0002-integrations.ts';
import * as runs from '../../migrations/0003-runs.ts';
import * as chat from '../../migrations/0004-chat.ts';
import * as operations from '../../migrations/0005-operations.ts';
import { dialectOf } from './database.ts';

/** A migration by its name: the file's name without extension, since `.ts` and `.js` would count as two. */
export type Migrations = Readonly<Record<string, Knex.Migration>>;

/** Every migration, oldest first. */
export const migrations: Migrations = {
  '0001-people': people,
  '0002-integrations': integrations,
  '0003-runs': runs,
  '0004-chat': chat,
  '0005-operations': operations,
};

/** Any fixed number does, as long as nothing else in the database locks it. */
const ADVISORY_LOCK = 7_227_031;

/**
 * Brings the database up to date; safe to call from several processes at once.
 *
 * Everything happens in one transaction that only one process can be in, so a process that is killed half-way
 * leaves neither a half-made table nor a lock: the database itself rolls both back. Knex's own lock is a row
 * that outlives a killed process where someone used Knex's command line, so it is freed first.
 *
 * @returns the names of the migrations that were run.
 */
export async function migrate(db: Knex, all: Migrations = migrations): Promise<readonly string[]> {
  return locked(db, async (tx) => {
    const [, names] = (await tx.migrate.latest(config(all))) as [batch: number, names: string[]];
    return names;
  });
}

/** Undoes every migration, newest first: all data is lost. For tests and for trying a migration out. */
export async function migrateDown(db: Knex, all: Migrations = migrations): Promise<void> {
  await locked(db, async (tx) => {
    await tx.migrate.rollback(config(all), true);
  });
}

async function locked<T>(db: Knex, work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    // SQLite's transaction begins IMMEDIATE (see database.ts), which is a lock over all processes already.
    if (dialectOf(db) === 'postgres') {
      await tx.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK]);
    }
    await tx.migrate.forceFreeMigrationsLock();
    return work(tx);
  });
}

function config(all: Migrations): Knex.MigratorConfig {
  return {
    migrationSource: {
      getMigrations: async () => Object.keys(all),
      getMigrationName: (name: string) => name,
      getMigration: async (name: string) => found(all, name),
    },
  };
}

function found(all: Migrations, name: string): Knex.Migration {
  const migration = all[name];
  if (migration === undefined) {
    throw new UnknownMigration(name);
  }
  return migration;
}

/** Thrown when the database was migrated by a newer Latchkey than this one. */
export class UnknownMigration extends Error {
  readonly code = 'unknown-migration';
  constructor(name: string) {
    super(`There is no migration ${name}`);
    this.name = 'UnknownMigration';
  }
}
