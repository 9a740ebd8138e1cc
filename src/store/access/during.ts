import type { Knex } from 'knex';
import type { During } from '../../engine/ports/removal-stores.ts';

const AT_ONCE = 250;

/** Only the rows that were there at some time of a period, by id. @param began the column with the time from which they were */
export function onlyDuring(
  rows: Knex.QueryBuilder,
  began: string,
  { from, before, personId, integrationId, afterId }: During & { readonly afterId: string },
): void {
  rows
    .where(began, '<', before.getTime())
    .where((either) => either.whereNull('ended_at').orWhere('ended_at', '>=', from.getTime()))
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(AT_ONCE);
  if (personId !== undefined) rows.where('person_id', personId);
  if (integrationId !== undefined) rows.where('integration_id', integrationId);
}
