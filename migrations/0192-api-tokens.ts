import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** What programs send to `/api/v1`. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('api_tokens', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // Folded, for the search.
    table.text('search_text').notNullable();
    oneOf(table, 'kind', ['personal', 'service']).notNullable();
    belongsTo(table, 'owner_id', 'people').index();
    // Words with commas.
    table.text('scopes').notNullable();
    // SHA-256 of what was shown once.
    table.text('hash').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('last_used_at');
    table.bigInteger('last_refused_at');
    table.bigInteger('warned_at');
    table.bigInteger('revoked_at');
    oneOf(table, 'ended', ['revoked', 'owner-gone']);
  });
}
