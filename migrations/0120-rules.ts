import type { Knex } from 'knex';
import { belongsTo, key } from './columns.ts';

/** Rules, who is excepted from them, and who is to be evaluated. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('rules', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // In lower case and without accents, for looking it up.
    table.text('folded_name').notNullable();
    table.boolean('is_on').notNullable();
    // JSON: conditions, days, and the ids of items.
    table.text('definition').notNullable();
    // The same, as an admin would have it.
    table.text('draft');
    table.text('made_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('deleted_at');
  });
  await db.raw(
    'create unique index rules_one_of_a_name on rules (folded_name) where deleted_at is null',
  );

  await db.schema.createTable('rule_items', (table) => {
    key(table);
    belongsTo(table, 'rule_id', 'rules');
    belongsTo(table, 'integration_id', 'integrations');
    // Sealed: form values.
    table.text('content').notNullable();
    table.index(['rule_id'], 'rule_items_by_rule');
    table.index(['integration_id'], 'rule_items_by_integration');
  });

  await db.schema.createTable('rule_exceptions', (table) => {
    key(table);
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'rule_id', 'rules');
    belongsTo(table, 'item_id', 'rule_items');
    belongsTo(table, 'integration_id', 'integrations');
    // Sealed.
    table.text('reason').notNullable();
    table.text('made_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('ends_at');
    table.index(['person_id'], 'rule_exceptions_by_person');
    table.index(['rule_id'], 'rule_exceptions_by_rule');
    table.index(['integration_id'], 'rule_exceptions_by_integration');
    table.index(['item_id'], 'rule_exceptions_by_item');
  });

  await db.schema.createTable('rule_troubles', (table) => {
    belongsTo(table, 'person_id', 'people');
    belongsTo(table, 'rule_id', 'rules');
    belongsTo(table, 'item_id', 'rule_items');
    belongsTo(table, 'integration_id', 'integrations');
    table.integer('failures').notNullable();
    table.text('counted_id');
    table.bigInteger('failed_at');
    table.bigInteger('regranted_at');
    table.bigInteger('notified_at');
    table.primary(['person_id', 'item_id', 'integration_id']);
    table.index(['rule_id'], 'rule_troubles_by_rule');
    table.index(['item_id'], 'rule_troubles_by_item');
    table.index(['integration_id'], 'rule_troubles_by_integration');
  });

  // People who are to be evaluated, from that time on.
  await db.schema.createTable('rule_changes', (table) => {
    belongsTo(table, 'person_id', 'people').primary();
    table.bigInteger('due_at').notNullable();
    table.index(['due_at', 'person_id'], 'rule_changes_due');
  });

  // The look at everyone: one row.
  await db.schema.createTable('rule_passes', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('moved_at').notNullable();
    table.text('last_person_id').notNullable();
    table.bigInteger('ended_at');
  });

  // Pointers without a foreign key, as to requests and runs: an older version writes this table, too.
  await db.schema.alterTable('holds', (table) => {
    table.text('rule_id');
    table.text('rule_item_id');
  });
  await db.raw(
    'create index holds_of_rules on holds (rule_id, person_id) where rule_id is not null and ended_at is null',
  );
}
