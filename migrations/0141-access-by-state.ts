import type { Knex } from 'knex';

/** Counting who has access to an app reads the index alone. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('access', (table) => {
    table.index(['integration_id', 'state', 'person_id'], 'access_by_integration_state');
    table.dropIndex([], 'access_by_integration');
  });
}
