import type { Knex } from 'knex';

/** What could not be sent is counted each time an admin opens Home, among everything that was. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('deliveries', (table) => {
    table.index(['state', 'finished_at', 'id'], 'deliveries_by_state');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('deliveries', (table) => {
    table.dropIndex(['state', 'finished_at', 'id'], 'deliveries_by_state');
  });
}
