import type { Knex } from 'knex';

/** A grant may wait behind an unfinished run of the same person and integration: such a deferred run is no second active one. */
export async function up(db: Knex): Promise<void> {
  await db.raw('drop index runs_one_unfinished');
  await db.raw(
    "create unique index runs_one_active on runs (person_id, integration_id) where finished_at is null and state <> 'deferred'",
  );
}

export async function down(db: Knex): Promise<void> {
  // An older Latchkey knows no such state, and allows no second unfinished run.
  await db('runs').where({ state: 'deferred' }).delete();
  await db.raw('drop index runs_one_active');
  await db.raw(
    'create unique index runs_one_unfinished on runs (person_id, integration_id) where finished_at is null',
  );
}
