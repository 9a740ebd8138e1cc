/** A database as an older Latchkey left it, on either server, so that a migration can be seen to keep what is there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/store/database.ts';
import { migrations } from '../../../src/store/migrations.ts';
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

/** The migrations up to this one, itself included. */
export const upTo = (last: string) =>
  Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= last));

/** The migrations before this one. */
export const before = (next: string) =>
  Object.fromEntries(Object.entries(migrations).filter(([name]) => name < next));

/** Milliseconds since 1970 at which everything of an older database happened. */
export const at = 1_795_500_000_000;

/** A row of `people`. */
export const ann = {
  id: 'p1',
  version: 1,
  email: 'ann@example.com',
  first_name: 'Ann',
  last_name: 'Lee',
  role: 'admin',
  active: true,
  stored: '{}',
  search_text: 'ann lee',
};

/** A row of `integrations`, from 0010 on. */
export const asana = {
  id: 'i1',
  version: 1,
  name: 'Asana',
  name_key: 'asana',
  enabled: true,
  current_version_id: 'm1',
  created_at: at,
};

/** A row of `manifest_versions`: the current one of `asana`. */
export const manifestOfAsana = {
  id: 'm1',
  integration_id: 'i1',
  number: 1,
  manifest: '{}',
  created_at: at,
};
