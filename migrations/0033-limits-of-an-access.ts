import type { Knex } from 'knex';

/** Cards of ends that have been are drawn anew at each request, and ends are kept for good. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('time_limits', (table) => {
    table.index(['person_id', 'integration_id', 'id'], 'time_limits_by_access');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('time_limits', (table) => {
    table.dropIndex(['person_id', 'integration_id', 'id'], 'time_limits_by_access');
  });
}
