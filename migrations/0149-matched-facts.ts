import type { Knex } from 'knex';

/** The fact by which an account was matched with its person, in lower case. Null: it was matched in another way. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('listed_accounts', (table) => {
    table.text('matched_fact_key');
  });
}
