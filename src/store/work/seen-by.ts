/** Rows about people and apps, as far as someone sees them who doesn't see everything. */
import type { Knex } from 'knex';
import type { SeenBy } from '../../engine/ports/store.ts';

/** Also those who have left. */
export const reportsTo = (db: Knex, managerId: string): Knex.QueryBuilder =>
  db('people').where({ manager_id: managerId }).select('id');

/**
 * Leaves in rows of `table` about the reader, their reports and their apps. What one person sees is little, and each part of it is
 * found by an index of its own: an "or" of all of them would read the whole table. What apps have may be half of it.
 * @param also ids of more rows that they see
 */
export function onlySeen(
  query: Knex.QueryBuilder,
  {
    db,
    table,
    also,
  }: { readonly db: Knex; readonly table: string; readonly also: readonly Knex.QueryBuilder[] },
  { readerId, appIds }: SeenBy,
): void {
  const ids = () => db(table).select('id');
  const theirs = ids()
    .where({ person_id: readerId })
    .unionAll([ids().whereIn('person_id', reportsTo(db, readerId)), ...also]);
  query.where((either) => {
    either.whereIn('id', theirs);
    if (appIds.length > 0) either.orWhereIn('integration_id', [...appIds]);
  });
}
