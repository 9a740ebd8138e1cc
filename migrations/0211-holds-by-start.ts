import type { Knex } from 'knex';

/** Each tick looks for holds that begin in the future, and nearly never finds one: without it all that end are read. */
export async function up(db: Knex): Promise<void> {
  await db.raw(
    'create index holds_by_start on holds (started_at, id) where ended_at is null and ends_at is not null and rule_id is null',
  );
}
