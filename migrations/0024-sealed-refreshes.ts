import type { Knex } from 'knex';

/**
 * Why a token could not be refreshed quotes what the third party answered, so it is sealed from here on. What stood there in
 * plain is dropped, a migration has no key: the next refresh says it anew. A connection that has to be made again still does.
 */
export async function up(db: Knex): Promise<void> {
  await db('oauth_tokens').update({ failed_at: null, failure: null });
}

/** An older Latchkey would show what is sealed. */
export async function down(db: Knex): Promise<void> {
  await up(db);
}
