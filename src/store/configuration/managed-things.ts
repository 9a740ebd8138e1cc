import type { Knex } from 'knex';
import { chunksOf } from '../../core/batches.ts';
import { type ManagedThing, thingKinds } from '../../engine/configuration/managed.ts';
import type { ManagedThingStore } from '../../engine/ports/configuration-stores.ts';
import { oneOf, type RowOf, time, wordsOf } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';

type ManagedThingRow = RowOf<typeof toRow>;

export const kinds = wordsOf(thingKinds);

const ROWS_AT_ONCE = 250;

export function createManagedThingStore(db: Knex): ManagedThingStore {
  const things = () => db<ManagedThingRow>('managed_things');
  return {
    async list() {
      const rows = await things().orderBy(['kind', 'file']);
      return rows.map(toManaged);
    },

    async find(kind, id) {
      const row = await things().where({ kind, thing: id }).first();
      return row && toManaged(row);
    },

    async put(...managed) {
      for (const some of chunksOf(managed, ROWS_AT_ONCE))
        await putRows(things(), some.map(toRow), ['kind', 'thing']);
    },

    async delete(kind, id) {
      await things().where({ kind, thing: id }).delete();
    },
  };
}

const toRow = ({ kind, id, file, appliedAt }: ManagedThing) => ({
  kind,
  thing: id,
  file,
  applied_at: appliedAt.getTime(),
});

const toManaged = ({ kind, thing: id, file, applied_at: at }: ManagedThingRow) => ({
  kind: oneOf(kinds, kind, 'managed_things.kind'),
  id,
  file,
  appliedAt: time(at),
});
