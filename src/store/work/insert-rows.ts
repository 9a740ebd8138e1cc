import type { Knex } from 'knex';
import { storable } from '../../core/fold.ts';
import { dialectOf } from '../database.ts';

type Value = string | number | boolean | null | undefined;

/**
 * Inserts many rows with one statement and one parameter, their JSON. A placeholder for each value would mean thousands
 * to build, send and parse, which takes three times as long. Columns that are null in every row are left out, which
 * halves the work for people with few details.
 * Texts are stored without what PostgreSQL refuses: one such text would fail the statement for all rows.
 * @param rows each with the same columns, null or undefined where there is no value
 */
export async function insertRows<R extends { readonly [K in keyof R]: Value }>(
  db: Knex,
  table: string,
  rows: readonly R[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = (Object.keys(first) as (keyof R & string)[]) // The keys of a row are its columns.
    .filter((column) => rows.some((row) => row[column] !== null));
  const names = columns.map(() => '??').join(', ');
  switch (dialectOf(db)) {
    case 'sqlite': {
      const values = columns.map((_, index) => `json_extract(value, '$[${index}]')`).join(', ');
      const json = jsonOf(rows.map((row) => columns.map((column) => row[column])));
      await db.raw(`insert into ?? (${names}) select ${values} from json_each(?)`, [
        table,
        ...columns,
        json,
      ]);
      return;
    }
    case 'postgres':
      await db.raw(
        `insert into ?? (${names}) select ${names} from json_populate_recordset(null::??, ?)`,
        [table, ...columns, ...columns, table, jsonOf(rows, columns)],
      );
      return;
  }
}

/** Few texts have an escape, so hardly any rows are looked through. @param columns of objects, those that are needed */
function jsonOf(rows: readonly object[], columns?: string[]): string {
  const json = JSON.stringify(rows, columns);
  return json.includes(String.raw`\u`) ? JSON.stringify(rows, storableText) : json;
}

const storableText = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? storable(value) : value;
