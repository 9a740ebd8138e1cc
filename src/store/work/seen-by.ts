/** Rows about people and apps, as far as someone sees them who doesn't see everything. */
import type { Knex } from 'knex';
import type { SeenBy } from '../../engine/ports/store.ts';

/** Also those who have left. */
export const reportsTo = (db: Knex, managerId: string): Knex.QueryBuilder =>
  db('people').where({ manager_id: managerId }).select('id');

/** Adds these to an "or". */
export function aboutSeen(db: Knex, either: Knex.QueryBuilder, { readerId, appIds }: SeenBy): void {
  either.orWhere({ person_id: readerId }).orWhereIn('person_id', reportsTo(db, readerId));
  if (appIds.length > 0) either.orWhereIn('integration_id', [...appIds]);
}
