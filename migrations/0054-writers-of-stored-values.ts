import type { Knex } from 'knex';

/** Who wrote which value that is stored with a person. Of values from before it isn't known. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('people', (table) => {
    // JSON: by the name of the value, an integration's id, or "people".
    table.text('stored_by');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('people', (table) => {
    table.dropColumn('stored_by');
  });
}
