import type { Knex } from 'knex';
import { key, oneOf } from './columns.ts';

/** Workers' heartbeats and their jobs, which graphile-worker keeps in tables of its own on PostgreSQL. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('workers', (table) => {
    key(table);
    table.bigInteger('beat_at').notNullable();
  });
  await (isPostgres(db) ? createLostJobs(db) : createJobs(db));
}

async function createJobs(db: Knex): Promise<void> {
  await db.schema.createTable('jobs', (table) => {
    table.bigIncrements('id');
    table.text('name').notNullable();
    table.text('payload').notNullable();
    oneOf(table, 'lane', ['interactive', 'chat', 'imports', 'background']).notNullable();
    // Only a job that waits has its key: claiming takes it away. One whose worker died has it again, or a second job would be
    // pushed beside it.
    table.text('key').unique();
    table.text('claimed_key');
    table.bigInteger('due_at').notNullable();
    table.integer('claims').notNullable().defaultTo(0);
    table.integer('failures').notNullable().defaultTo(0);
    // How many workers it may have taken down.
    table.integer('deaths').notNullable().defaultTo(0);
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('buried_at');
    table.text('error');
    table.index(['worker_id'], 'jobs_by_worker');
  });
  await db.raw('create index jobs_by_due on jobs (lane, due_at, id) where buried_at is null');
  await db.raw(
    'create index jobs_by_lease on jobs (lane, leased_until) where leased_until is not null',
  );
}

/** Of a job whose worker died with it: how many workers it may have taken down. */
async function createLostJobs(db: Knex): Promise<void> {
  await db.schema.createTable('lost_jobs', (table) => {
    table.bigInteger('job_id').primary();
    table.integer('deaths').notNullable();
  });
}

const isPostgres = (db: Knex): boolean => db.client.driverName === 'pg';
