import type { Knex } from 'knex';
import { belongsTo } from './columns.ts';

/** What `/api/v1` answered to writes, so that one that is sent again does nothing twice. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('api_answers', (table) => {
    belongsTo(table, 'token_id', 'api_tokens');
    // As the program chose it.
    table.text('key').notNullable();
    // Keyed hash of the address and the body.
    table.text('asked').notNullable();
    // JSON: ids, states and times. Null within the transaction that makes it.
    table.text('answer');
    table.bigInteger('created_at').notNullable().index();
    table.primary(['token_id', 'key']);
  });
}
