import type { Knex } from 'knex';
import type { StoredNameStore } from '../../engine/ports/integration-stores.ts';
import { holdLock } from '../advisory-locks.ts';
import { time } from '../work/columns.ts';
import { lookUp } from '../work/look-up.ts';
import { putRows } from '../work/put-rows.ts';

interface StoredNameRow {
  readonly name: string;
  readonly integration_id: string;
  readonly since: number;
}

export function createStoredNameStore(db: Knex): StoredNameStore {
  return {
    async lock() {
      await holdLock(db, 'storedNames');
    },

    async list() {
      const rows = await db<StoredNameRow>('stored_names').orderBy(['since', 'name']);
      return rows.map(({ name, integration_id: integrationId, since }) => ({
        name,
        integrationId,
        since: time(since),
      }));
    },

    async claim(integrationId, names, since) {
      const owned = await lookUp<StoredNameRow>(
        db,
        { table: 'stored_names', column: 'name' },
        names,
      );
      const before = new Map(owned.map((each) => [each.name, each.integration_id]));
      const rows = names
        .filter((name) => before.get(name) !== integrationId)
        .map((name) => ({ name, integration_id: integrationId, since: since.getTime() }));
      for (const row of rows) await putRows(db<StoredNameRow>('stored_names'), [row], ['name']);
    },

    async release(names) {
      for (const name of names) await db<StoredNameRow>('stored_names').where({ name }).delete();
    },
  };
}
