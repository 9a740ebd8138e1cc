import type { Knex } from 'knex';
import type { Place } from '../../engine/ports/store.ts';

/** For `orderBy`. Ids sort by age, so they decide between rows of the same moment. */
export const newestFirst = (column = 'created_at') => [
  { column, order: 'desc' },
  { column: 'id', order: 'desc' },
];

/** Leaves out everything up to that place of the same order. */
export function afterPlace(
  place: Place | undefined,
  query: Knex.QueryBuilder,
  column = 'created_at',
) {
  if (!place) return;
  const at = place.at.getTime();
  // The first condition alone finds them by index.
  query
    .where(column, '<=', at)
    .where((older) => older.where(column, '<', at).orWhere('id', '<', place.id));
}
