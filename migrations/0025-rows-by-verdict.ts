import type { Knex } from 'knex';

/** By which a card counts those of a million rows that are few: who was left out, who comes back, who gets what they lack. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('sync_rows', (table) => {
    table.index(['run_id', 'verdict', 'chosen', 'seq'], 'sync_rows_by_verdict');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('sync_rows', (table) => {
    table.dropIndex([], 'sync_rows_by_verdict');
  });
}
