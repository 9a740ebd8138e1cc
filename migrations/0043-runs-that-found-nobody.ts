import type { Knex } from 'knex';

/** Revokes that ended since the person has no account there; null for every other run. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => table.boolean('found_gone'));
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('runs', (table) => table.dropColumn('found_gone'));
}
