import type { Knex } from 'knex';
import { belongsTo, key } from './columns.ts';

/** Bundles with all their versions, and what was requested or granted with them. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('bundles', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // In lower case and without accents, for looking it up.
    table.text('folded_name').notNullable();
    table.text('description').notNullable();
    // JSON.
    table.text('tags').notNullable();
    // Name, description and tags, folded.
    table.text('search_text').notNullable();
    // Its version of now. The versions refer to the bundle, so this can't refer to them.
    table.text('version_id').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('deleted_at');
  });
  await db.raw(
    'create unique index bundles_one_of_a_name on bundles (folded_name) where deleted_at is null',
  );

  await db.schema.createTable('bundle_versions', (table) => {
    key(table);
    belongsTo(table, 'bundle_id', 'bundles');
    table.integer('number').notNullable();
    // Sealed JSON of the items: form values.
    table.text('content').notNullable();
    table.text('saved_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['bundle_id', 'number']);
  });

  await db.schema.createTable('bundle_requests', (table) => {
    key(table);
    // Empty where it is what a colleague has.
    table.text('bundle_id').references('id').inTable('bundles').onDelete('CASCADE');
    table.text('version_id').references('id').inTable('bundle_versions').onDelete('CASCADE');
    table.text('same_as_id').references('id').inTable('people').onDelete('SET NULL');
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'requested_by_id', 'people');
    table.bigInteger('created_at').notNullable();
    table.index(['person_id'], 'bundle_requests_by_person');
    table.index(['requested_by_id'], 'bundle_requests_by_requester');
    table.index(['created_at'], 'bundle_requests_by_age');
  });

  await db.schema.createTable('bundle_request_items', (table) => {
    belongsTo(table, 'bundle_request_id', 'bundle_requests');
    belongsTo(table, 'integration_id', 'integrations');
    table.integer('position').notNullable();
    table.text('request_id');
    table.text('run_id');
    table.text('task_id');
    table.boolean('had').notNullable();
    // A sentence for people.
    table.text('why');
    table.primary(['bundle_request_id', 'integration_id']);
    table.index(['run_id'], 'bundle_request_items_by_run');
    table.index(['task_id'], 'bundle_request_items_by_task');
  });

  // Pointers without a foreign key, as to requests and runs: an older version writes these tables, too.
  await db.schema.alterTable('access_requests', (table) => {
    table.text('bundle_request_id');
    table.index(['bundle_request_id'], 'access_requests_by_bundle_request');
  });
  await db.schema.alterTable('holds', (table) => {
    table.text('bundle_id');
  });
}
