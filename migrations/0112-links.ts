import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Links that open a page once, the sessions of browsers that they become, and drafts that wait for a confirmation. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('links', (table) => {
    key(table);
    table.integer('version').notNullable();
    oneOf(table, 'purpose', [
      'delivery',
      'emailed',
      'secrets',
      'manifest',
      'connect',
      'export',
      'hook',
    ]).notNullable();
    table.text('subject').notNullable();
    belongsTo(table, 'person_id', 'people');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    oneOf(table, 'state', ['new', 'opened', 'confirmed', 'used', 'refused']).notNullable();
    // The browser that opened it: a keyed hash of its cookie, when, and the number that it shows.
    table.text('browser');
    table.bigInteger('opened_at');
    table.text('code');
    table.integer('openings').notNullable();
    table.index(['expires_at'], 'links_by_age');
    table.index(['person_id'], 'links_by_person');
  });

  await db.schema.createTable('web_sessions', (table) => {
    key(table);
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'purpose', ['secrets', 'manifest', 'connect', 'export']).notNullable();
    table.text('subject').notNullable();
    table.text('browser').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.index(['expires_at'], 'web_sessions_by_age');
    table.index(['person_id'], 'web_sessions_by_person');
  });

  await db.schema.createTable('drafts', (table) => {
    key(table);
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'kind', ['manifest', 'people']).notNullable();
    table.text('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.text('name').notNullable();
    // Sealed.
    table.text('content').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['created_at'], 'drafts_by_age');
    table.index(['person_id'], 'drafts_by_person');
    table.index(['integration_id'], 'drafts_by_integration');
  });
}
