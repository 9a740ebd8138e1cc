import type { Knex } from 'knex';

/**
 * Inserts a row with an `id`, unless it conflicts with another one.
 * @param conflict the columns of the unique index, or the raw columns and condition of a partial one
 */
export async function insertUnlessTaken(
  rows: Knex.QueryBuilder,
  row: object,
  conflict: string | string[] | Knex.Raw,
): Promise<'inserted' | 'taken'> {
  const inserted: readonly unknown[] = await rows
    .insert(row)
    .onConflict(conflict as string)
    .ignore()
    .returning('id');
  return inserted.length === 1 ? 'inserted' : 'taken';
}
