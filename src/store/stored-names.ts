import type { Knex } from 'knex';
import type { StoredNameStore } from '../engine/ports/integration-stores.ts';
import { dialectOf } from './database.ts';
import { lookUp } from './look-up.ts';

interface StoredNameRow {
  readonly name: string;
  readonly integration_id: string;
  readonly since: number;
}

/** Of a lock over all processes; no other one of ours has this number. */
const LOCK = 5_252_052;

export function createStoredNameStore(db: Knex): StoredNameStore {
  const of = async (names: readonly string[]) => {
    const rows = await lookUp<StoredNameRow>(db, { table: 'stored_names', column: 'name' }, names);
    return rows.map(({ name, integration_id: integrationId }) => ({ name, integrationId }));
  };
  return {
    async lock() {
      // SQLite has one writer at a time.
      if (dialectOf(db) === 'postgres') await db.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    },

    of,

    async claim(integrationId, names, since) {
      const before = new Map((await of(names)).map((each) => [each.name, each.integrationId]));
      const rows = names
        .filter((name) => before.get(name) !== integrationId)
        .map((name) => ({ name, integration_id: integrationId, since: since.getTime() }));
      for (const row of rows)
        await db<StoredNameRow>('stored_names').insert(row).onConflict('name').merge();
    },
  };
}
