import type { Knex } from 'knex';

/** What chat needs to remember: live messages, conversations, forms that are open, options, and events that were handled. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('messages', (table) => {
    table.text('id').primary();
    table.text('view').notNullable();
    table.text('payload').notNullable();
    table.text('subject').notNullable();
    table.text('reader_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('platform').notNullable();
    table.text('address_key').notNullable();
    table.text('shown').notNullable();
    table.bigInteger('posted_at').notNullable();
    table.index(['subject', 'posted_at'], 'messages_by_subject');
    table.index(['platform', 'address_key'], 'messages_by_address');
    table.index(['reader_id'], 'messages_by_reader');
  });

  await db.schema.createTable('conversations', (table) => {
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('platform').notNullable();
    table.text('address_key').notNullable();
    table.bigInteger('last_wrote_at').notNullable();
    table.primary(['person_id', 'platform']);
  });

  await db.schema.createTable('form_sessions', (table) => {
    table.text('id').primary();
    // Sealed: options and first values are what form values are made of.
    table.text('form').notNullable();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('used_at');
    table.index(['created_at'], 'form_sessions_by_age');
    table.index(['person_id'], 'form_sessions_by_person');
  });

  await db.schema.createTable('options_cache', (table) => {
    // A keyed hash of the rendered request, which may hold a secret.
    table.text('key').primary();
    // Sealed.
    table.text('answer').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.index(['expires_at'], 'options_cache_by_age');
  });

  await db.schema.createTable('inbox', (table) => {
    table.text('key').primary();
    table.bigInteger('accepted_at').notNullable();
    table.index(['accepted_at'], 'inbox_by_age');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('inbox');
  await db.schema.dropTable('options_cache');
  await db.schema.dropTable('form_sessions');
  await db.schema.dropTable('conversations');
  await db.schema.dropTable('messages');
}
