import type { Knex } from 'knex';

/** Runs whose outcome is unknown are listed and counted apart from those that failed. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => table.string('error_code', 30));
  const code =
    db.client.driverName === 'pg' ? "error::json->>'code'" : "json_extract(error, '$.code')";
  await db('runs')
    .whereNotNull('error')
    .update({ error_code: db.raw(code) });
  await db.schema.alterTable('runs', (table) => {
    table.index(['state', 'error_code', 'created_at', 'id'], 'runs_by_state_and_error');
    table.index(
      ['integration_id', 'state', 'error_code', 'created_at', 'id'],
      'runs_by_integration_and_state_and_error',
    );
    // Last: until then others can read what is being indexed.
    table.dropIndex(['state', 'created_at', 'id'], 'runs_by_state');
    table.dropIndex(
      ['integration_id', 'state', 'created_at', 'id'],
      'runs_by_integration_and_state',
    );
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => {
    table.index(['state', 'created_at', 'id'], 'runs_by_state');
    table.index(['integration_id', 'state', 'created_at', 'id'], 'runs_by_integration_and_state');
    table.dropIndex(
      ['integration_id', 'state', 'error_code', 'created_at', 'id'],
      'runs_by_integration_and_state_and_error',
    );
    table.dropIndex(['state', 'error_code', 'created_at', 'id'], 'runs_by_state_and_error');
    table.dropColumn('error_code');
  });
}
