import type { Knex } from 'knex';
import { dialectOf } from '../database.ts';

/**
 * The rows whose `column` has one of many values, with one statement and one parameter. It looks up each value in the
 * column's index. When a table grows by thousands of rows a second, PostgreSQL's statistics are too old, and it would
 * rather read all rows.
 * @param where further conditions
 */
export async function lookUp<R>(
  db: Knex,
  { table, column, where = {}, ofEach = 1 }: LookedUp,
  values: readonly string[],
): Promise<readonly R[]> {
  if (values.length === 0) return [];
  const given = [...new Set(values)];
  const others = Object.entries(where);
  const condition = ['??.?? = given.value', ...others.map(() => '??.?? = ?')].join(' and ');
  const bound = [table, column, ...others.flatMap(([name, value]) => [table, name, value])];
  if (dialectOf(db) === 'sqlite')
    return db.raw<readonly R[]>(
      `select ??.* from json_each(?) as given cross join ?? on ${condition}`,
      [table, JSON.stringify(given), table, ...bound],
    );
  // The limit makes PostgreSQL run the inner query for each value, and never as one join.
  const { rows } = await db.raw<{ readonly rows: readonly R[] }>(
    `select found.* from unnest(?::text[]) as given(value)
     cross join lateral (select * from ?? where ${condition} limit ?) as found`,
    [given, table, ...bound, ofEach],
  );
  return rows;
}

export interface LookedUp {
  readonly table: string;
  readonly column: string;
  readonly where?: Readonly<Record<string, string>>;
  /** Of several rows with the same value, at least so many; 1 where left out. */
  readonly ofEach?: number;
}
