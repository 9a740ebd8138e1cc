import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Integrations: their manifests, what they need to be connected, and the names under which they store values with people. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('integrations', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // The name, folded: two integrations whose names differ only in case can't be told apart in chat. Of a deleted one its id.
    table.text('name_key').notNullable().unique();
    table.text('icon');
    table.boolean('enabled').notNullable();
    // Null for a manual one. No foreign key: the two tables would refer to each other, and neither row could be written first.
    table.text('manifest_version_id');
    // JSON.
    table.text('settings');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('deleting_since');
    table.bigInteger('deleted_at');
  });

  await db.schema.createTable('manifest_versions', (table) => {
    key(table);
    // Deferred: within a transaction the version may be written before its integration. Written out, since Knex
    // defers nothing on SQLite.
    table.specificType(
      'integration_id',
      'text not null references integrations (id) on delete cascade deferrable initially deferred',
    );
    table.integer('number').notNullable();
    table.text('manifest').notNullable();
    // JSON of who did.
    table.text('saved_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['integration_id', 'number']);
  });

  await db.schema.createTable('secrets', (table) => {
    belongsTo(table, 'integration_id', 'integrations');
    table.text('name').notNullable();
    // Sealed.
    table.text('value').notNullable();
    table.primary(['integration_id', 'name']);
  });

  // What an app answered when an admin connected it.
  await db.schema.createTable('oauth_tokens', (table) => {
    belongsTo(table, 'integration_id', 'integrations').primary();
    table.integer('version').notNullable();
    table.integer('generation').notNullable();
    oneOf(table, 'state', ['connected', 'reconnect']).notNullable();
    // Sealed.
    table.text('answer').notNullable();
    table.bigInteger('refreshed_at').notNullable();
    table.bigInteger('expires_at');
    table.bigInteger('failed_at');
    // Sealed: it quotes what the app answered.
    table.text('failure');
    table.bigInteger('leased_until');
  });

  await db.schema.createTable('options_cache', (table) => {
    // A keyed hash of the rendered request, which may hold a secret.
    key(table, 'key');
    // Sealed.
    table.text('answer').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.index(['expires_at'], 'options_cache_by_age');
  });

  await db.schema.createTable('stored_names', (table) => {
    // One owner of each name: of two integrations that are saved at once the database refuses one.
    key(table, 'name');
    belongsTo(table, 'integration_id', 'integrations');
    table.bigInteger('since').notNullable();
    table.index(['integration_id'], 'stored_names_by_integration');
  });
}
