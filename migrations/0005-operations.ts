import type { Knex } from 'knex';

/** What operation needs: the audit log, workers' heartbeats, jobs and settings. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('audit_log', (table) => {
    // No foreign keys: an entry outlives the person, integration and run that it names.
    table.text('id').primary();
    table.bigInteger('at').notNullable();
    table.text('actor').notNullable();
    table.text('what').notNullable();
    table.text('person_id');
    table.text('integration_id');
    table.text('run_id');
    table.text('detail');
    table.index(['at', 'id'], 'audit_log_by_time');
    table.index(['person_id'], 'audit_log_by_person');
  });

  await db.schema.createTable('workers', (table) => {
    table.text('id').primary();
    table.bigInteger('beat_at').notNullable();
  });

  await db.schema.createTable('jobs', (table) => {
    table.bigIncrements('id');
    table.text('name').notNullable();
    table.text('payload').notNullable();
    table.text('lane').notNullable();
    // Only a job that waits has its key: claiming takes it away.
    table.text('key').unique();
    table.bigInteger('due_at').notNullable();
    table.integer('claims').notNullable().defaultTo(0);
    table.integer('failures').notNullable().defaultTo(0);
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

  await db.schema.createTable('settings', (table) => {
    table.text('key').primary();
    table.integer('version').notNullable();
    table.text('value').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('settings');
  await db.schema.dropTable('jobs');
  await db.schema.dropTable('workers');
  await db.schema.dropTable('audit_log');
}
