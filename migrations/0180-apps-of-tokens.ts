import type { Knex } from 'knex';

/** To which client of which app a token was given. 0.2.0 doesn't know. Sealed. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('oauth_tokens', (table) => {
    table.text('app');
  });
}
