import type { Knex } from 'knex';

/** The run history narrowed by outcome, also of one integration, without a look at every run that there was. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => {
    table.index(['state', 'created_at', 'id'], 'runs_by_state');
    table.index(['integration_id', 'state', 'created_at', 'id'], 'runs_by_integration_and_state');
    // Last: until then others can read what is being indexed.
    table.dropIndex(['integration_id'], 'runs_by_integration');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => {
    table.dropIndex(
      ['integration_id', 'state', 'created_at', 'id'],
      'runs_by_integration_and_state',
    );
    table.index(['integration_id'], 'runs_by_integration');
    table.dropIndex(['state', 'created_at', 'id'], 'runs_by_state');
  });
}
