import type { Knex } from 'knex';

/** Whether no one has confirmed the address by which a chat user was linked. 0.2.0 doesn't know. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('chat_identities', (table) => {
    table.boolean('is_unsure');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('chat_identities', (table) => {
    table.dropColumn('is_unsure');
  });
}
