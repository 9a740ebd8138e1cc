/** Rows that several may change at once: each has an id and a version. */
import type { Knex } from 'knex';
import { StaleWrite } from '../../engine/ports/store.ts';
import { isDamagedColumn } from '../../engine/work/damaged-actor.ts';
import { findBy } from './find-by.ts';

interface Versioned {
  readonly id: string;
  readonly version: number;
}

interface Mapping<T, Row> {
  readonly toRow: (item: T) => object | Promise<object>;
  readonly fromRow: (row: Row) => T | Promise<T>;
}

/**
 * Compare-and-set: saves a row only when nobody changed it since it was read.
 * @param rows of its table
 * @param what its kind, for the error
 * @param columnsOf its columns at the next version. The id is left out: with it SQLite would check every row that refers
 * to this one. So are undefined ones, and who did something where that is damaged.
 * @returns it, with its next version
 * @throws {StaleWrite}
 */
// oxlint-disable-next-line max-params -- The stores whose changes aren't their rows call it in one line.
export async function saveVersioned<T extends Versioned>(
  rows: Knex.QueryBuilder,
  what: string,
  row: T,
  columnsOf: (next: T) => object | PromiseLike<object>,
): Promise<T> {
  const { id, version } = row;
  const next = { ...row, version: version + 1 };
  const columns = Object.entries(await columnsOf(next)).filter(
    ([column, value]) => column !== 'id' && value !== undefined && !isDamagedColumn(value),
  );
  const changed: number = await rows.where({ id, version }).update(Object.fromEntries(columns));
  if (changed === 0) throw new StaleWrite(what, id, version);
  return next;
}

/**
 * What a `VersionedStore` does. It stands last in a store: each transaction makes the stores, and V8 defines what follows a spread
 * one by one.
 */
export const savedRows = <Row extends object, T extends Versioned>(
  rows: () => Knex.QueryBuilder<Row>,
  what: string,
  { toRow, fromRow }: Mapping<T, Row>,
) => ({
  find: findBy('id', rows as () => Knex.QueryBuilder<Row & { id: string }>, fromRow),
  save: <R extends T>(item: R): Promise<R> => saveVersioned(rows(), what, item, toRow),
});

/** The same, and the insert of one. */
export const versionedRows = <Row extends object, T extends Versioned>(
  rows: () => Knex.QueryBuilder<Row>,
  what: string,
  mapping: Mapping<T, Row>,
) => ({
  async insert(item: T): Promise<void> {
    const row = mapping.toRow(item);
    await rows().insert((row instanceof Promise ? await row : row) as never); // A plain row goes at once, with others.
  },
  ...savedRows(rows, what, mapping),
});
