import type { Knex } from 'knex';

/** Former links have it too: 0.2.0 moves a row there as it is. */
const TABLES = ['chat_identities', 'former_chat_identities'];

/** Whether no one has confirmed the address by which a chat user was linked. 0.2.0 doesn't know. */
export async function up(db: Knex): Promise<void> {
  for (const name of TABLES)
    await db.schema.alterTable(name, (table) => {
      table.boolean('is_unsure');
    });
}
