import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Discoveries of access that is there already: the last one of each integration. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('discoveries', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'integration_id', 'integrations');
    table.text('started_by').notNullable();
    table.bigInteger('started_at').notNullable();
    oneOf(table, 'state', ['running', 'done', 'stopped']).notNullable();
    // The last person who was checked; empty before the first one.
    table.text('last_person_id').notNullable();
    table.integer('checked').notNullable();
    table.integer('found').notNullable();
    table.integer('unconfirmed').notNullable();
    // The next people are due then.
    table.bigInteger('due_at').notNullable();
    // Since when the app has not answered.
    table.bigInteger('waits_since');
    table.bigInteger('ended_at');
    table.unique(['integration_id']);
  });
  await db.raw("create index discoveries_running on discoveries (due_at) where state = 'running'");

  // A hold of access that was found. Its source is stored as one that older versions know.
  await db.raw('alter table holds add column is_found boolean not null default false');
}
