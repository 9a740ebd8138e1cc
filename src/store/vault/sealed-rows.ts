/** Reads all sealed texts of a column, and replaces one. */
import type { Knex } from 'knex';
import type { SealedColumn } from './sealed-columns.ts';

/** In one read. */
const ROWS_AT_ONCE = 250;

/** The key's columns and the sealed text. */
export type SealedRow = Readonly<Record<string, string | number | null>>;

/** Every sealed text of the column in key order, some at a time. */
export async function* sealedRows(
  db: Knex,
  { table, column, key, atOnce = ROWS_AT_ONCE }: SealedColumn,
): AsyncGenerator<readonly SealedRow[]> {
  for (let last: SealedRow | undefined; ; ) {
    const query = db(table)
      .select<SealedRow[]>(...key, column)
      .whereNotNull(column)
      .orderBy([...key])
      .limit(atOnce);
    if (last !== undefined) {
      const after = last;
      const [names, values] = [key.map(() => '??').join(', '), key.map(() => '?').join(', ')];
      query.whereRaw(`(${names}) > (${values})`, [...key, ...key.map((part) => after[part] ?? '')]);
    }
    const rows: readonly SealedRow[] = await query;
    if (rows.length > 0) yield rows;
    if (rows.length < atOnce) return;
    last = rows.at(-1);
  }
}

export const keyOf = ({ key }: SealedColumn, row: SealedRow): Record<string, unknown> =>
  Object.fromEntries(key.map((part) => [part, row[part]]));

/** Changes a row only while it is as it was read; otherwise it is newer. @returns how many rows it changed: 1 or none */
export const replaceSealed = (
  tx: Knex,
  sealed: SealedColumn,
  {
    row,
    value,
    moved = {},
  }: {
    readonly row: SealedRow;
    readonly value: string;
    /** Other columns that change with it. */
    readonly moved?: Readonly<Record<string, unknown>>;
  },
): Promise<number> =>
  tx(sealed.table)
    .where({ ...keyOf(sealed, row), [sealed.column]: row[sealed.column] })
    .update({ [sealed.column]: value, ...moved });
