import type { Knex } from 'knex';
import { fold } from '../../core/fold.ts';
import type { SequenceStore } from '../../engine/ports/sequence-stores.ts';
import {
  anchors,
  integrationOf,
  isTaskOf,
  itemEffect,
  type Sequence,
  type SequenceItem,
} from '../../engine/sequences/sequence.ts';
import { timingSchema } from '../../engine/sequences/timing.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { jsonColumn, type RowOf, readColumn } from '../work/columns.ts';
import { findBy } from '../work/find-by.ts';
import { namedRows } from '../work/named-rows.ts';
import { readable } from '../work/readable.ts';
import { date, flag, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';
import { countBy } from '../work/total.ts';
import { saveVersioned } from '../work/versioned-rows.ts';

type SequenceRow = RowOf<typeof toRow>;

export const timingColumn = jsonColumn('sequence_items.timing', timingSchema);

export function createSequenceStore(db: Knex, vault: Vault): SequenceStore {
  const sequences = () => db<SequenceRow>('sequences');
  const current = () => sequences().whereNull('deleted_at');
  const items = () => db<ItemRow>('sequence_items');
  const contents = sealedTexts(vault, sealedColumns.sequenceItem);

  const toItemRow = async (item: SequenceItem) => ({
    ...toItemColumns(item),
    timing: JSON.stringify(item.timing),
    integration_id: integrationOf(item) ?? null,
    /** Sealed JSON of the item's action. */
    content: await contents.sealJson(item, item.does),
  });
  type ItemRow = RowOf<typeof toItemRow>;

  const toItem = async (row: ItemRow): Promise<SequenceItem> => ({
    ...fromItemColumns(row),
    timing: readColumn(timingColumn, row.timing),
    does: await contents.openJson(itemEffect, row),
  });

  return {
    async hold(id) {
      const row = await sequences().where({ id }).first().forShare(); // SQLite has one writer at a time anyway.
      return row && toSequence(row);
    },

    async forEveryHire() {
      const rows = await current()
        .where({ is_on: true, for_every_hire: true })
        .orderBy(['folded_name', 'id']);
      return rows.map(toSequence);
    },

    async insertItem(item) {
      await items().insert(await toItemRow(item));
    },

    findItem: findBy('id', items, toItem),

    saveItem: (item) => saveVersioned(items(), 'sequence item', item, toItemRow),

    async items(sequenceId) {
      const rows = await items()
        .where({ sequence_id: sequenceId })
        .whereNull('removed_at')
        .orderBy(['position', 'id']);
      return readable(rows, toItem);
    },

    countItems: (ids) =>
      countBy(
        items()
          .whereNull('removed_at')
          .whereIn('sequence_id', [...ids]),
        'sequence_id',
      ),

    async itemsAt(integrationId) {
      const rows = await items().where({ integration_id: integrationId }).orderBy('id');
      return readable(rows, toItem);
    },

    async tasksOf(personId) {
      const rows = await items().whereNull('integration_id').orderBy('id'); // Their content is sealed, so SQL can't search it.
      const all = await readable(rows, toItem);
      return all.filter((item) => isTaskOf(item, personId));
    },

    ...namedRows(db, {
      table: 'sequences',
      what: 'sequence',
      searched: 'folded_name',
      toRow,
      fromRow: toSequence,
    }),
  };
}

const { toRow: toNamed, fromRow: fromNamed } = rowMapper('sequences', {
  id: text,
  version: number,
  name: text,
  anchor: word(anchors),
  isOn: flag,
  createdAt: date,
  deletedAt: optional(date),
});

const toRow = (sequence: Sequence) => ({
  ...toNamed(sequence),
  folded_name: fold(sequence.name),
  for_every_hire: sequence.isForEveryHire,
});

const toSequence = (row: SequenceRow): Sequence => ({
  ...fromNamed(row),
  isForEveryHire: Boolean(row.for_every_hire),
});

const { toRow: toItemColumns, fromRow: fromItemColumns } = rowMapper('sequence_items', {
  id: text,
  version: number,
  sequenceId: text,
  position: number,
  waitsForItemId: optional(text),
  removedAt: optional(date),
});
