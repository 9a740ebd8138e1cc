import type { Knex } from 'knex';

/**
 * Admins set everything up from chat: integrations get an emoji and settings, can be deleted, and can be manual ones
 * without a manifest; drafts wait for a confirmation; links become sessions of a browser; what falls due fires once.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('integrations', (table) => {
    table.text('icon');
    table.text('settings');
    table.bigInteger('deleted_at');
    // Takes the place of manifest_version_id, which could not be null.
    table.text('current_version_id');
  });
  await db('integrations').update({ current_version_id: db.ref('manifest_version_id') });
  await dropColumns(db, 'manifest_version_id');

  await db.schema.createTable('drafts', (table) => {
    table.text('id').primary();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('kind').notNullable();
    table.text('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.text('name').notNullable();
    // Sealed.
    table.text('content').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['created_at'], 'drafts_by_age');
    table.index(['person_id'], 'drafts_by_person');
    table.index(['integration_id'], 'drafts_by_integration');
  });

  await db.schema.createTable('web_sessions', (table) => {
    table.text('id').primary();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('purpose').notNullable();
    table.text('subject').notNullable();
    table.text('browser').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.index(['expires_at'], 'web_sessions_by_age');
    table.index(['person_id'], 'web_sessions_by_person');
  });

  await db.schema.createTable('firings', (table) => {
    table.text('subject').notNullable();
    table.bigInteger('at').notNullable();
    table.primary(['subject', 'at']);
    table.index(['at'], 'firings_by_time');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('firings');
  await db.schema.dropTable('web_sessions');
  await db.schema.dropTable('drafts');
  await db.schema.alterTable('integrations', (table) => {
    // Manual ones have none, and the version before this one knows none of them.
    table.text('manifest_version_id').notNullable().defaultTo('');
  });
  await db('integrations').update({
    manifest_version_id: db.raw("coalesce(current_version_id, '')"),
  });
  await dropColumns(db, 'icon', 'settings', 'deleted_at', 'current_version_id');
}

/**
 * In place, in words that both databases know. Knex would make SQLite's table anew, and dropping the old one would delete
 * everything that refers to it: manifests, secrets, access.
 */
async function dropColumns(db: Knex, ...columns: readonly string[]): Promise<void> {
  for (const column of columns)
    await db.raw('alter table ?? drop column ??', ['integrations', column]);
}
