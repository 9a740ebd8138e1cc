import type { Knex } from 'knex';

const DEFERRED_PERSON =
  'text references people (id) on delete set null deferrable initially deferred';

/**
 * The directory: people and the chat users who are linked to them.
 * In every migration times are milliseconds UTC in a bigint, and JSON is text, so both databases hold the same.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('people', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('email').notNullable().unique();
    table.text('first_name').notNullable();
    table.text('last_name').notNullable();
    table.text('phone');
    table.text('position');
    table.text('department');
    // Deferred: an import may insert a person before the manager in the same transaction. Written out, since Knex defers nothing on SQLite.
    table.specificType('manager_id', DEFERRED_PERSON);
    table.specificType('buddy_id', DEFERRED_PERSON);
    table.text('start_date');
    table.text('end_date');
    table.text('time_zone');
    table.text('role').notNullable();
    table.boolean('active').notNullable();
    table.text('stored').notNullable();
    // Name and email, folded: what search looks in, and what lists of people are ordered by.
    table.text('search_text').notNullable();
    table.index(['active', 'search_text', 'id'], 'people_by_name');
    table.index(['manager_id'], 'people_by_manager');
    table.index(['buddy_id'], 'people_by_buddy');
  });

  await db.schema.createTable('chat_identities', (table) => {
    table.text('platform').notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.bigInteger('linked_at').notNullable();
    table.primary(['platform', 'tenant', 'user_id']);
    table.index(['person_id'], 'chat_identities_by_person');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('chat_identities');
  await db.schema.dropTable('people');
}
