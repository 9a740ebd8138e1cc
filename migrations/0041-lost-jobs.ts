import type { Knex } from 'knex';

/**
 * Of a job whose worker died with it: how many workers it may have taken down. In `jobs` for the queue of SQLite, beside
 * graphile-worker's own tables for PostgreSQL.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table jobs add column deaths integer not null default 0');
  // A job that is claimed gives up its key. One whose worker died has it again, or a second job would be pushed beside it.
  await db.raw('alter table jobs add column claimed_key text');
  await db.schema.createTable('lost_jobs', (table) => {
    table.bigInteger('job_id').primary();
    table.integer('deaths').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('lost_jobs');
  await db.raw('alter table jobs drop column claimed_key');
  await db.raw('alter table jobs drop column deaths');
}
