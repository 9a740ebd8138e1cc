import type { Knex } from 'knex';
import { key } from './columns.ts';

/** What admins have set for everyone. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('settings', (table) => {
    key(table, 'key');
    table.integer('version').notNullable();
    // JSON.
    table.text('value').notNullable();
  });
}
