import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';

/**
 * The rows of a query that may have hundreds. From SQLite they come as one JSON text: its package takes a microsecond for every three
 * values, and the same as JSON a third.
 * @param columns all that are read
 */
export async function manyRows<R extends object>(
  db: Knex,
  query: Knex.QueryBuilder,
  columns: readonly (keyof R & string)[],
): Promise<readonly R[]> {
  const rows = query.select(...columns);
  if (dialectOf(db) === 'postgres') return (await rows) as readonly R[]; // Of these columns.
  const [row] = await db.raw<readonly { readonly found: string }[]>(
    `select json_group_array(${rowAsJson(columns)}) as found from ?`,
    [...columns, rows],
  );
  return rowsInJson(row?.found) as readonly R[];
}

/** The rows that a statement returns, which each database says in its own words. @param given its only value */
export async function rowsReturned<R>(
  db: Knex,
  statement: Readonly<Record<'sqlite' | 'postgres', string>>,
  given: string,
): Promise<readonly R[]> {
  const answer = await db.raw<readonly R[] | { readonly rows: readonly R[] }>(
    statement[dialectOf(db)],
    [given],
  );
  return 'rows' in answer ? answer.rows : answer;
}

/** SQLite's JSON of a row. @param columns words of the code; each becomes a binding for a name, too */
export const rowAsJson = (columns: readonly string[], name = '??'): string =>
  `json_object(${columns.map((column) => `'${column}', ${name}`).join(', ')})`;

/** @param found what `json_group_array` has made of them */
export const rowsInJson = (found = '[]'): readonly object[] =>
  JSON.parse(found) as readonly object[]; // As the statement makes it.
