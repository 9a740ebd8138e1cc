import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';

type Value = string | number | boolean | null;

/**
 * Inserts many rows with one statement and one parameter, their JSON: a statement with a placeholder for each value is
 * thousands of them to build, to send and to parse, and takes three times as long.
 * What no row has is left out, which saves half of the work for people of whom little is known.
 * @param rows each with the same columns, null by themselves; no text may hold a NUL, as everywhere in PostgreSQL
 */
export async function insertRows<R extends { readonly [K in keyof R]: Value }>(
  db: Knex,
  table: string,
  rows: readonly R[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = (Object.keys(first) as (keyof R & string)[]) // They are its own.
    .filter((column) => rows.some((row) => row[column] !== null));
  const names = columns.map(() => '??').join(', ');
  switch (dialectOf(db)) {
    case 'sqlite': {
      const values = columns.map((_, index) => `json_extract(value, '$[${index}]')`).join(', ');
      const json = JSON.stringify(rows.map((row) => columns.map((column) => row[column])));
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
        [table, ...columns, ...columns, table, JSON.stringify(rows)],
      );
      return;
  }
}
