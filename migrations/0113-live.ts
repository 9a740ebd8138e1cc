import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** What chat needs to remember: live messages, conversations, forms that are open, and events that were handled. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('messages', (table) => {
    key(table);
    table.text('view').notNullable();
    table.text('payload').notNullable();
    table.text('topic').notNullable();
    belongsTo(table, 'reader_id', 'people');
    // Several people read it, so it is in the language of the workspace rather than of `reader_id`.
    table.boolean('for_everybody').notNullable();
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('address_key').notNullable();
    table.text('shown').notNullable();
    table.bigInteger('posted_at').notNullable();
    table.index(['topic', 'posted_at'], 'messages_by_topic');
    table.index(['platform', 'address_key'], 'messages_by_address');
    table.index(['reader_id'], 'messages_by_reader');
  });

  await db.schema.createTable('conversations', (table) => {
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('address_key').notNullable();
    table.bigInteger('last_wrote_at').notNullable();
    table.primary(['person_id', 'platform']);
  });

  await db.schema.createTable('form_sessions', (table) => {
    key(table);
    // Sealed: options and first values are what form values are made of.
    table.text('form').notNullable();
    belongsTo(table, 'person_id', 'people');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('used_at');
    table.index(['created_at'], 'form_sessions_by_age');
    table.index(['person_id'], 'form_sessions_by_person');
  });

  await db.schema.createTable('inbox', (table) => {
    key(table, 'key');
    oneOf(table, 'state', ['waiting', 'begun', 'done']).notNullable();
    table.bigInteger('accepted_at').notNullable();
    // Sealed: what the platform sent, until it is answered.
    table.text('content');
    // The process that handles it, and until when that one surely lives.
    table.text('process_id');
    table.bigInteger('leased_until');
    table.index(['accepted_at'], 'inbox_by_age');
  });
  // Nearly all rows are done.
  await db.raw('create index inbox_open on inbox (leased_until) where leased_until is not null');
}
