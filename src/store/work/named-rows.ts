import type { Knex } from 'knex';
import { calledSo, keysOf } from '../../core/fold.ts';
import type { NamedStore } from '../../engine/ports/store.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { withWords } from './columns.ts';
import { totalOf } from './total.ts';
import { saveVersioned } from './versioned-rows.ts';

interface NamedRow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly folded_name: string;
  readonly deleted_at: number | null;
}

/** How items of one kind are stored. */
export interface NamedRows<T, Row> {
  readonly table: string;
  /** Its kind, for errors. */
  readonly what: string;
  /** The folded column that searches look at. */
  readonly searched: string;
  /** A save leaves columns that it leaves out as they are. */
  readonly toRow: (item: T) => Partial<Row>;
  readonly fromRow: (row: Row) => T;
}

/**
 * A store of rows whose `folded_name` is unique among those that aren't deleted. Where it is a part of another store, it stands last:
 * each transaction makes the stores, and V8 defines what follows a spread one by one.
 */
export function namedRows<
  T extends { readonly id: string; readonly version: number },
  Row extends NamedRow,
>(db: Knex, { table, what, searched, toRow, fromRow }: NamedRows<T, Row>): NamedStore<T> {
  const rows = () => db(table);
  const current = () => rows().whereNull('deleted_at');
  const matching = (text: string) => withWords(current(), searched, text);
  /** Knex knows the rows of a table that is named by a variable as `any`. */
  const read = (row: Row | undefined): T | undefined => row && fromRow(row);
  return {
    insert: (item) =>
      insertUnlessTaken(rows(), toRow(item), db.raw('(folded_name) where deleted_at is null')),
    find: async (id) => read(await rows().where({ id }).first()),
    async findMany(ids) {
      if (ids.length === 0) return [];
      return ((await rows().whereIn('id', [...ids])) as Row[]).map(fromRow);
    },
    findByName: async (name) =>
      read(calledSo((await current().whereIn('folded_name', [...keysOf(name)])) as Row[], name)),
    save: (item) => saveVersioned(rows(), what, item, toRow),
    async list(text, page) {
      const { offset, limit } = page;
      const found = (await matching(text)
        .orderBy(['folded_name', 'id'])
        .offset(offset)
        .limit(limit)) as Row[];
      const total = await totalOf(page, found.length, () => matching(text));
      return { items: found.map(fromRow), total };
    },
  };
}
