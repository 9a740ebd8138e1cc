import type { Knex } from 'knex';

/**
 * Inserts rows, or replaces those that are stored under their key. The update leaves out the key: with it a database would write its
 * index again, and look up what it refers to. A condition that follows is one of the update.
 * @param table a query of it
 * @param rows at least one, each with the same columns
 */
export function putRows<R extends object>(
  table: Knex.QueryBuilder,
  rows: readonly R[],
  key: readonly (keyof R & string)[],
): Knex.QueryBuilder {
  const columns = Object.keys(rows[0] ?? {});
  const changing = columns.filter((column) => !key.some((part) => part === column));
  return table
    .insert(rows)
    .onConflict([...key])
    .merge(changing);
}
