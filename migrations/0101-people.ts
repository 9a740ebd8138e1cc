import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Deferred: an import may insert a person before the manager in the same transaction. Written out, since Knex defers nothing on SQLite. */
const DEFERRED_PERSON =
  'text references people (id) on delete set null deferrable initially deferred';

/** The directory: people, the chat users who are linked to them, those who are not yet, and what is left of who was erased. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('people', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('email').notNullable().unique();
    table.text('first_name').notNullable();
    table.text('last_name').notNullable();
    table.text('phone');
    table.text('position');
    table.text('department');
    table.specificType('manager_id', DEFERRED_PERSON);
    table.specificType('buddy_id', DEFERRED_PERSON);
    table.text('start_date');
    table.text('end_date');
    table.text('time_zone');
    // BCP 47. What they chose themselves, and what their chat client last said.
    table.text('locale');
    table.text('chat_locale');
    oneOf(table, 'role', ['admin', 'manager', 'new_hire', 'other']).notNullable();
    table.boolean('active').notNullable();
    // When the address was added again after a leaving: what is older may be someone else's.
    table.bigInteger('address_since');
    // JSON.
    table.text('stored').notNullable();
    // JSON: by the name of the value, an integration's id, or "people".
    table.text('stored_by');
    // A sync run or a file import, which goes before the person does.
    table.text('added_by_import');
    // Name and email, folded: what search looks in, and what lists of people are ordered by.
    table.text('search_text').notNullable();
    table.index(['active', 'search_text', 'id'], 'people_by_name');
    table.index(['manager_id'], 'people_by_manager');
    table.index(['buddy_id'], 'people_by_buddy');
    table.index(['added_by_import', 'id'], 'people_by_import');
  });
  // Admins are looked up at every message that could not be sent, and for each request that nobody else decides: they are few of many.
  await db.raw(
    "create index people_admins on people (active, search_text, id) where role = 'admin'",
  );

  await db.schema.createTable('chat_identities', (table) => {
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    belongsTo(table, 'person_id', 'people');
    table.bigInteger('linked_at').notNullable();
    table.primary(['platform', 'tenant', 'user_id']);
    table.index(['person_id'], 'chat_identities_by_person');
  });

  // Chat users who are linked no more: they are part of what is kept of a person, and go with them.
  await db.schema.createTable('former_chat_identities', (table) => {
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.bigInteger('linked_at').notNullable();
    table.primary(['person_id', 'platform', 'tenant', 'user_id']);
  });

  // Chat users who wrote and were refused because nothing says who they are, so that an admin can link them by hand.
  await db.schema.createTable('refused_users', (table) => {
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.text('name').notNullable();
    // As their profile shows it, confirmed or not; null where it shows none.
    table.text('email');
    table.bigInteger('refused_at').notNullable();
    table.primary(['platform', 'tenant', 'user_id']);
    table.index(['refused_at'], 'refused_users_by_age');
    table.index(['email'], 'refused_users_by_email');
  });

  // Who joined a workspace and isn't in the directory, so that admins are asked once.
  await db.schema.createTable('joins', (table) => {
    key(table);
    oneOf(table, 'platform', ['slack', 'teams']).notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.text('email').notNullable();
    table.text('name').notNullable();
    table.bigInteger('joined_at').notNullable();
    oneOf(table, 'state', ['open', 'ignored']).notNullable();
    table.text('decided_by').references('id').inTable('people').onDelete('SET NULL');
    table.unique(['platform', 'tenant', 'user_id'], { indexName: 'joins_by_user' });
    table.index(['email'], 'joins_by_email');
    table.index(['decided_by'], 'joins_by_decider');
  });

  await db.schema.createTable('peppers', (table) => {
    key(table, 'name');
    // Sealed: a hash that outlives every key of the ring can't be made with one of them.
    table.text('value').notNullable();
  });
  // Addresses of people who were erased, whom no import may bring back: as hashes under a pepper of their own.
  await db.schema.createTable('erased_addresses', (table) => {
    key(table, 'hash');
    table.bigInteger('at').notNullable();
  });
}
