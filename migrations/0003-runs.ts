import type { Knex } from 'knex';

/** Runs with their steps and responses, and what is known of everybody's access. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('runs', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('kind').notNullable();
    table.text('integration_id').notNullable().references('id').inTable('integrations');
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('manifest_version_id').notNullable().references('id').inTable('manifest_versions');
    table.text('started_by').notNullable();
    table.text('started_by_person');
    table.bigInteger('created_at').notNullable();
    table.integer('attempt').notNullable();
    table.text('then_revoke_by');
    table.text('state').notNullable();
    table.bigInteger('due_at');
    table.text('why');
    table.text('worker_id');
    table.bigInteger('leased_until');
    table.bigInteger('finished_at');
    table.text('error');
    table.text('cancelled_by');
    // Form and generated values, sealed.
    table.text('inputs').notNullable();
    table.index(['person_id', 'integration_id'], 'runs_by_person');
    table.index(['integration_id'], 'runs_by_integration');
    table.index(['manifest_version_id'], 'runs_by_manifest_version');
    table.index(['worker_id'], 'runs_by_worker');
    table.index(['started_by_person'], 'runs_by_starter');
    table.index(['created_at'], 'runs_by_age');
  });
  // At most one unfinished run of a person at an integration: the database decides, so two clicks at once can't both win.
  await db.raw(
    'create unique index runs_one_unfinished on runs (person_id, integration_id) where finished_at is null',
  );

  // What the sweep looks for every few seconds.
  await db.raw(
    'create index runs_overdue on runs (coalesce(leased_until, due_at)) where finished_at is null',
  );

  await db.schema.createTable('run_steps', (table) => {
    table.text('run_id').notNullable().references('id').inTable('runs').onDelete('CASCADE');
    table.integer('attempt').notNullable();
    table.integer('step_index').notNullable();
    table.text('method').notNullable();
    table.text('url').notNullable();
    table.text('state').notNullable();
    table.integer('tries').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('finished_at');
    table.integer('status');
    // Sealed.
    table.text('response_text');
    table.text('warnings').notNullable();
    table.text('idempotency_key');
    table.primary(['run_id', 'attempt', 'step_index']);
  });

  await db.schema.createTable('run_responses', (table) => {
    table.text('run_id').notNullable().references('id').inTable('runs').onDelete('CASCADE');
    table.integer('attempt').notNullable();
    table.integer('step_index').notNullable();
    // Sealed, written once.
    table.text('response').notNullable();
    table.primary(['run_id', 'attempt', 'step_index']);
  });

  await db.schema.createTable('access', (table) => {
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table
      .text('integration_id')
      .notNullable()
      .references('id')
      .inTable('integrations')
      .onDelete('CASCADE');
    table.text('state').notNullable();
    table.text('reason').notNullable();
    table.bigInteger('since').notNullable();
    table.bigInteger('checked_at').notNullable();
    table.primary(['person_id', 'integration_id']);
    table.index(['integration_id'], 'access_by_integration');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('access');
  await db.schema.dropTable('run_responses');
  await db.schema.dropTable('run_steps');
  await db.schema.dropTable('runs');
}
