import type { Knex } from 'knex';
import { key } from './columns.ts';

/** The bot's token, where a chat platform lets it expire: Slack's token rotation. All processes share it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('chat_tokens', (table) => {
    key(table, 'platform');
    table.integer('version').notNullable();
    // Sealed JSON: the token, what it is renewed with, and with what in the configuration it began.
    table.text('content').notNullable();
    table.bigInteger('expires_at').notNullable();
    // Until then one process renews it, and the others don't.
    table.bigInteger('leased_until');
    // When the platform said that it can't be renewed any more.
    table.bigInteger('lost_at');
  });
}
