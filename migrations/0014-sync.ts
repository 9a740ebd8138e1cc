import type { Knex } from 'knex';

/** People from third parties: each reading of one with its rows, and the addresses that are never imported. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sync_runs', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'integration_id', 'integrations');
    table.text('manifest_version_id').notNullable();
    table.text('action').notNullable();
    table.text('mode').notNullable();
    table.text('started_by').notNullable();
    table.bigInteger('scheduled_for');
    table.bigInteger('created_at').notNullable();
    table.text('phase').notNullable();
    table.text('state').notNullable();
    table.bigInteger('due_at');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    // How the reading ended; null until then.
    table.text('reading');
    // JSON: counts, warnings, and what belongs to the state.
    table.text('progress').notNullable();
    // Sealed: where the next page is.
    table.text('cursor');
    // The run whose notice tells of this one: the first of several that failed alike.
    table.text('notice_run_id');
    table.boolean('thinned').notNullable();
    table.index(['integration_id', 'created_at'], 'sync_runs_by_integration');
    table.index(['worker_id'], 'sync_runs_by_worker');
    table.index(['notice_run_id'], 'sync_runs_by_notice');
    table.index(['created_at'], 'sync_runs_by_age');
  });
  // The database decides that they never overlap. One that waits for an admin is not at work.
  await db.raw(
    "create unique index sync_runs_one_at_work on sync_runs (integration_id) where state in ('queued', 'running', 'waiting')",
  );
  await db.raw(
    'create index sync_runs_overdue on sync_runs (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('sync_pages', (table) => {
    reference(table, 'run_id', 'sync_runs');
    // A hash: addresses may hold tokens.
    table.text('address').notNullable();
    table.primary(['run_id', 'address']);
  });

  await db.schema.createTable('sync_rows', (table) => {
    reference(table, 'run_id', 'sync_runs');
    table.bigInteger('seq').notNullable();
    table.text('email');
    table.text('first_name').notNullable();
    table.text('last_name').notNullable();
    // JSON of what else the row says of the person.
    table.text('details');
    table.text('verdict').notNullable();
    table.boolean('chosen').notNullable();
    table.text('note');
    table.primary(['run_id', 'seq']);
    table.index(['run_id', 'email'], 'sync_rows_by_email');
  });

  await db.schema.createTable('ignored_emails', (table) => {
    table.text('email').primary();
    table.text('ignored_by').notNullable();
    table.bigInteger('at').notNullable();
    table.index(['at'], 'ignored_emails_by_age');
  });
}

const reference = (table: Knex.CreateTableBuilder, column: string, to: string) =>
  table.text(column).notNullable().references('id').inTable(to).onDelete('CASCADE');

export async function down(db: Knex): Promise<void> {
  for (const table of ['ignored_emails', 'sync_rows', 'sync_pages', 'sync_runs'])
    await db.schema.dropTable(table);
}
