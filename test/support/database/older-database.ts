/** A database as an older Latchkey left it, on either server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/store/database.ts';
import { type Migrations, migrations } from '../../../src/store/migrations.ts';
import { emptyPostgres } from '../peers/postgres.ts';

export interface EmptyDatabase {
  readonly db: Knex;
  readonly cleanup: () => Promise<void>;
}

/** Empty ones, by the name of their server. */
export const emptyDatabases: Readonly<Record<string, () => Promise<EmptyDatabase>>> = {
  async SQLite() {
    const directory = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
    const db = openDatabase(`sqlite:${join(directory, 'latchkey.sqlite')}`);
    const cleanup = async () => {
      await db.destroy();
      await rm(directory, { recursive: true, force: true });
    };
    return { db, cleanup };
  },
  async PostgreSQL() {
    const { connect, cleanup } = await emptyPostgres();
    return { db: connect(), cleanup };
  },
};

/** The migrations before this one. */
export const before = (next: string) =>
  Object.fromEntries(Object.entries(migrations).filter(([name]) => name < next));

/** Migrations as a version had them that was never released. */
export const unreleased: Migrations = {
  '0001-people': {
    up: (db) => db.schema.createTable('people', (table) => table.text('id').primary()),
  },
};
