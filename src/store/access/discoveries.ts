import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { discoveryStates } from '../../engine/access/discovery.ts';
import type { DiscoveryStore } from '../../engine/ports/access-stores.ts';
import { type RowOf, stateIs } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { firstReadable } from '../work/readable.ts';
import { actor, date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { saveVersioned } from '../work/versioned-rows.ts';

type DiscoveryRow = RowOf<typeof toRow>;

/** With one statement. */
const MAX_REPLACED = 100;
/** The next sweep finds the rest. */
const MAX_OVERDUE = 20;

const IS_RUNNING = stateIs('running');

export function createDiscoveryStore(db: Knex): DiscoveryStore {
  const discoveries = () => db<DiscoveryRow>('discoveries');
  return {
    at: findBy('integration_id', discoveries, toDiscovery),

    async all(integrationIds) {
      const rows = await discoveries().whereIn('integration_id', integrationIds);
      return rows.map(toDiscovery);
    },

    async replaceMany(begun) {
      const inserted = new Set<string>();
      for (const some of chunksOf(begun, MAX_REPLACED)) {
        const ids = some.map(({ integrationId }) => integrationId);
        await discoveries().whereIn('integration_id', ids).whereNot({ state: 'running' }).delete();
        const rows = await discoveries()
          .insert(some.map(toRow))
          .onConflict('integration_id')
          .ignore()
          .returning('id');
        for (const { id } of rows) inserted.add(id);
      }
      return begun.filter(({ id }) => inserted.has(id));
    },

    save: (discovery) => saveVersioned(discoveries(), 'discovery', discovery, toRow),

    async running() {
      return (await discoveries().whereRaw(IS_RUNNING).orderBy('id')).map(toDiscovery);
    },

    async overdue(before) {
      const page = (offset: number) =>
        discoveries()
          .whereRaw(IS_RUNNING)
          .where('due_at', '<', before.getTime())
          .orderBy(['due_at', 'id'])
          .offset(offset)
          .limit(MAX_OVERDUE);
      return firstReadable(MAX_OVERDUE, page, toDiscovery);
    },
  };
}

const { toRow, fromRow: toDiscovery } = rowMapper('discoveries', {
  id: text,
  version: number,
  integrationId: text,
  startedBy: actor,
  startedAt: date,
  state: word(discoveryStates),
  lastPersonId: text,
  checked: number,
  found: number,
  unconfirmed: number,
  dueAt: date,
  waitsSince: optional(date),
  endedAt: optional(date),
});
