import type { Knex } from 'knex';

/** Sequences, what they have planned for whom, and messages that no run has caused. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sequences', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // In lower case and without accents, for looking it up.
    table.text('folded_name').notNullable();
    table.text('anchor').notNullable();
    table.boolean('is_on').notNullable();
    table.boolean('for_every_hire').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('deleted_at');
  });
  await db.raw(
    'create unique index sequences_one_of_a_name on sequences (folded_name) where deleted_at is null',
  );

  await db.schema.createTable('sequence_items', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'sequence_id', 'sequences');
    table.integer('position').notNullable();
    // JSON.
    table.text('timing').notNullable();
    table.text('integration_id').references('id').inTable('integrations').onDelete('CASCADE');
    table.text('waits_for_item_id');
    table.bigInteger('removed_at');
    // Sealed JSON of what it does: form values, texts.
    table.text('content').notNullable();
    table.index(['sequence_id', 'position'], 'sequence_items_by_sequence');
    table.index(['integration_id'], 'sequence_items_by_integration');
  });

  await db.schema.createTable('sequence_assignments', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'sequence_id', 'sequences');
    reference(table, 'person_id', 'people');
    table.text('assigned_by').notNullable();
    table.bigInteger('assigned_at').notNullable();
    table.bigInteger('ended_at');
    table.index(['person_id', 'assigned_at'], 'sequence_assignments_by_person');
    table.index(['ended_at'], 'sequence_assignments_by_age');
  });
  // The database decides, so that two clicks at once can't both assign it.
  await db.raw(
    'create unique index sequence_assignments_one_current on sequence_assignments (sequence_id, person_id) where ended_at is null',
  );

  await db.schema.createTable('planned_items', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    reference(table, 'assignment_id', 'sequence_assignments');
    reference(table, 'item_id', 'sequence_items');
    reference(table, 'person_id', 'people');
    table.text('state').notNullable();
    table.bigInteger('due_at');
    table.bigInteger('ended_at');
    table.text('run_id');
    table.text('task_id');
    table.text('delivery_id');
    table.text('by_id');
    // A sentence for people.
    table.text('why');
    // Each item once.
    table.unique(['assignment_id', 'item_id']);
    table.index(['person_id'], 'planned_items_by_person');
    table.index(['item_id'], 'planned_items_by_item');
    table.index(['run_id'], 'planned_items_by_run');
    table.index(['task_id'], 'planned_items_by_task');
  });
  await db.raw("create index planned_items_due on planned_items (due_at) where state = 'planned'");
  await db.raw(
    "create index planned_items_stuck on planned_items (state) where state in ('past', 'failed')",
  );

  await db.schema.alterTable('deliveries', (table) => table.setNullable('run_id'));
  await db.schema.alterTable('deliveries', (table) => {
    table.text('planned_item_id').references('id').inTable('planned_items').onDelete('CASCADE');
    table.index(['planned_item_id'], 'deliveries_by_planned_item');
  });
}

const reference = (table: Knex.CreateTableBuilder, column: string, to: string) =>
  table.text(column).notNullable().references('id').inTable(to).onDelete('CASCADE');

/** What no run has caused goes. */
export async function down(db: Knex): Promise<void> {
  await db('deliveries').whereNull('run_id').delete();
  await db.schema.alterTable('deliveries', (table) => {
    table.dropIndex(['planned_item_id'], 'deliveries_by_planned_item');
    table.dropColumn('planned_item_id');
  });
  await db.schema.alterTable('deliveries', (table) => table.dropNullable('run_id'));
  for (const table of ['planned_items', 'sequence_assignments', 'sequence_items', 'sequences'])
    await db.schema.dropTable(table);
}
