import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';
import { rowAsJson, rowsInJson } from './many-rows.ts';

/**
 * The rows whose `column` has one of many values, with one statement and one parameter. It looks up each value in the
 * column's index. When a table grows by thousands of rows a second, PostgreSQL's statistics are too old, and it would
 * rather read all rows.
 * @param where further conditions, on the index's other columns
 */
export async function lookUp<R>(
  db: Knex,
  { table, column, columns, where = {}, only = {}, ofEach = 1 }: LookedUp,
  values: readonly string[],
): Promise<readonly R[]> {
  if (values.length === 0) return [];
  const given = [...new Set(values)];
  const isSqlite = dialectOf(db) === 'sqlite';
  const others = [...Object.entries(where), ...Object.entries(only)];
  const further = [
    ...Object.keys(where).map(() => ' and ??.?? = ?'),
    ...Object.keys(only).map(() => (isSqlite ? ' and +??.?? = ?' : ' and ??.?? = ?')),
  ].join('');
  const bound = [table, column, ...others.flatMap(([name, value]) => [table, name, value])];
  if (isSqlite) {
    const found = `json_each(?) as given cross join ?? on ??.?? = given.value${further}`;
    const from = [JSON.stringify(given), table, ...bound];
    if (columns === undefined)
      return db.raw<readonly R[]>(`select ??.* from ${found}`, [table, ...from]);
    const [row] = await db.raw<readonly { readonly found: string }[]>(
      `select json_group_array(${rowAsJson(columns, '??.??')}) as found from ${found}`,
      [...columns.flatMap((name) => [table, name]), ...from],
    );
    return rowsInJson(row?.found) as readonly R[];
  }
  // The limit makes PostgreSQL run the inner query for each value, and never as one join. Without figures, an index of another
  // column costs the same to it; the order, which only this column's index has, decides.
  const names = columns?.map(() => '??').join(', ') ?? '*';
  const { rows } = await db.raw<{ readonly rows: readonly R[] }>(
    `select found.* from unnest(?::text[]) as given(value)
     cross join lateral (
       select ${names} from ?? where ??.?? between given.value and given.value${further} order by ??.?? limit ?
     ) as found`,
    [given, ...(columns ?? []), table, ...bound, table, column, ofEach],
  );
  return rows;
}

/** `whereIn` of many texts, with one parameter: a placeholder for each takes longer to send and to parse than to find its row. */
export function whereAmong<Q extends Knex.QueryBuilder>(
  db: Knex,
  query: Q,
  { column, texts }: { readonly column: string; readonly texts: readonly string[] },
): Q {
  if (dialectOf(db) === 'sqlite')
    query.whereRaw(`${column} in (select value from json_each(?))`, [JSON.stringify(texts)]);
  else query.whereRaw(`${column} = any(?::text[])`, [[...texts]]);
  return query;
}

export interface LookedUp {
  readonly table: string;
  readonly column: string;
  /** All that are read, of many rows: see `manyRows`. */
  readonly columns?: readonly string[];
  readonly where?: Readonly<Record<string, string>>;
  /** Conditions on columns of no index: with figures of none, SQLite would as soon look for every row that fulfils one. */
  readonly only?: Readonly<Record<string, string>>;
  /** Of several rows with the same value, at least so many; 1 where left out. */
  readonly ofEach?: number;
}
