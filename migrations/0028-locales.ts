import type { Knex } from 'knex';

/** In what language people read, and how their dates and numbers are written. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('people', (table) => {
    // BCP 47. What they chose themselves, and what their chat client last said.
    table.text('locale');
    table.text('chat_locale');
  });
  await db.schema.alterTable('messages', (table) => {
    // Several people read it, so it is in the language of the workspace rather than of `reader_id`.
    table.boolean('for_everybody').notNullable().defaultTo(false);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('messages', (table) => {
    table.dropColumn('for_everybody');
  });
  await db.schema.alterTable('people', (table) => {
    table.dropColumn('locale');
    table.dropColumn('chat_locale');
  });
}
