import type { Knex } from 'knex';
import { storable } from '../../core/fold.ts';
import { dialectOf } from '../database.ts';

type Value = string | number | boolean | null | undefined;

/** Fewer rows are quick in any way. Each set of columns that differ is a statement of its own, of which a connection keeps few. */
const MANY = 50;

/**
 * Inserts many rows with one statement and one parameter, their JSON. A placeholder for each value would mean thousands
 * to build, send and parse, which takes three times as long. What is the same in all of many rows is a parameter of its own, so the
 * JSON has only what differs. Columns that are null in every row are left out, which halves the work for people with few details.
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
  const differs = (column: keyof R): boolean =>
    rows.length < MANY || rows.some((row) => row[column] !== first[column]);
  const [differing, same] = [columns.filter(differs), columns.filter((each) => !differs(each))];
  const names = columns.map(() => '??').join(', ');
  const values = same.map((column) => bound(first[column]));
  const places = same.map(() => '?');
  switch (dialectOf(db)) {
    case 'sqlite': {
      const read = differing.map((_, index) => `json_extract(value, '$[${index}]')`);
      const json = jsonOf(rows.map((row) => differing.map((column) => row[column])));
      await db.raw(
        `insert into ?? (${names}) select ${[...read, ...places].join(', ')} from json_each(?)`,
        [table, ...differing, ...same, ...values, json],
      );
      return;
    }
    case 'postgres': {
      const read = differing.map(() => '??');
      await db.raw(
        `insert into ?? (${names}) select ${[...read, ...places].join(', ')} from json_populate_recordset(null::??, ?)`,
        [table, ...differing, ...same, ...differing, ...values, table, jsonOf(rows, differing)],
      );
      return;
    }
  }
}

const bound = (value: Value): Exclude<Value, undefined> =>
  typeof value === 'string' ? storable(value) : (value ?? null);

/** Few texts have an escape, so hardly any rows are looked through. @param columns of objects, those that are needed */
function jsonOf(rows: readonly object[], columns?: string[]): string {
  const json = JSON.stringify(rows, columns);
  return json.includes(String.raw`\u`) ? JSON.stringify(rows, storableText) : json;
}

const storableText = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? storable(value) : value;
