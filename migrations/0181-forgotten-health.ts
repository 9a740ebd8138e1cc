import type { Knex } from 'knex';

/** When the settings of an integration changed, so that answers to requests from before count for nothing. 0.2.0 deletes the row. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('integration_health', (table) => {
    table.bigInteger('forgotten_at');
  });
}
