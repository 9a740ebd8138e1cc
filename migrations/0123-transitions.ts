import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** People who join or move, and what they gain, keep and lose by it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('transitions', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'kind', ['joiner', 'mover']).notNullable();
    oneOf(table, 'state', ['noted', 'open', 'done', 'replaced']).notNullable();
    // JSON: the names of fields, each with its value before and now.
    table.text('fields').notNullable();
    // JSON: ids of integrations, of former managers, and of those who have its card.
    table.text('held_before').notNullable();
    table.text('former_manager_ids').notNullable();
    table.text('notified_ids').notNullable();
    table.bigInteger('began_at').notNullable();
    table.bigInteger('followed_at').notNullable();
    table.bigInteger('ended_at');
    table.index(['person_id'], 'transitions_by_person');
  });
  await db.raw(
    "create unique index transitions_one_of_a_person on transitions (person_id) where state in ('noted', 'open')",
  );
  await db.raw(
    "create index transitions_to_follow on transitions (followed_at) where state = 'open'",
  );

  await db.schema.createTable('transition_items', (table) => {
    belongsTo(table, 'transition_id', 'transitions');
    belongsTo(table, 'integration_id', 'integrations');
    oneOf(table, 'part', ['gains', 'loses', 'keeps']).notNullable();
    table.text('removal_id');
    table.text('kept_hold_id');
    table.text('kept_by_id');
    // Sealed: why someone keeps it longer.
    table.text('kept_reason');
    table.bigInteger('settled_at');
    table.primary(['transition_id', 'integration_id']);
    table.index(['integration_id'], 'transition_items_by_integration');
  });
}
