import type { Knex } from 'knex';
import { belongsTo, key, oneOf } from './columns.ts';

/** Sequences, what they have planned for whom, what starts them, and addresses that apps call for it. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sequences', (table) => {
    key(table);
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // In lower case and without accents, for looking it up.
    table.text('folded_name').notNullable();
    oneOf(table, 'anchor', ['start-date', 'end-date', 'assignment']).notNullable();
    table.boolean('is_on').notNullable();
    table.boolean('for_every_hire').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('deleted_at');
  });
  await db.raw(
    'create unique index sequences_one_of_a_name on sequences (folded_name) where deleted_at is null',
  );

  await db.schema.createTable('sequence_items', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'sequence_id', 'sequences');
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
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'sequence_id', 'sequences');
    belongsTo(table, 'person_id', 'people');
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
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'assignment_id', 'sequence_assignments');
    belongsTo(table, 'item_id', 'sequence_items');
    belongsTo(table, 'person_id', 'people');
    oneOf(table, 'state', [
      'planned',
      'past',
      'waiting',
      'fired',
      'failed',
      'skipped',
      'cancelled',
    ]).notNullable();
    table.bigInteger('due_at');
    table.bigInteger('ended_at');
    table.text('run_id');
    table.text('task_id');
    table.text('removal_id');
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
    table.index(['removal_id'], 'planned_items_by_removal');
  });
  await db.raw("create index planned_items_due on planned_items (due_at) where state = 'planned'");
  await db.raw(
    "create index planned_items_stuck on planned_items (state) where state in ('past', 'failed')",
  );

  await db.schema.createTable('sequence_starts', (table) => {
    belongsTo(table, 'sequence_id', 'sequences');
    oneOf(table, 'kind', ['person-created', 'access-granted', 'run-failed']).notNullable();
    // The integration; empty where it is about none.
    table.text('about').notNullable();
    table.primary(['sequence_id', 'kind', 'about']);
    table.index(['kind', 'about'], 'sequence_starts_by_occasion');
  });

  await db.schema.createTable('sequence_events', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'sequence_id', 'sequences');
    belongsTo(table, 'person_id', 'people');
    // JSON: what has happened.
    table.text('cause').notNullable();
    table.bigInteger('at').notNullable();
    oneOf(table, 'state', ['waiting', 'started', 'refused']).notNullable();
    table.bigInteger('ended_at');
    table.text('assignment_id');
    // A sentence for people.
    table.text('why');
    table.index(['sequence_id', 'at'], 'sequence_events_by_sequence');
    table.index(['person_id'], 'sequence_events_by_person');
    table.index(['assignment_id'], 'sequence_events_by_assignment');
    table.index(['ended_at'], 'sequence_events_by_age');
  });

  // A sequence for everybody whom an import has added, given little by little.
  await db.schema.createTable('sequence_batches', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'sequence_id', 'sequences');
    // JSON: of which import, or these people.
    table.text('whom').notNullable();
    oneOf(table, 'past', ['hold', 'fire']).notNullable();
    table.text('asked_by').notNullable();
    table.bigInteger('created_at').notNullable();
    // When it went on last, so that one whose job was lost is found and goes on.
    table.bigInteger('moved_at').notNullable();
    oneOf(table, 'state', ['asked', 'running', 'done', 'dropped']).notNullable();
    // How many people are done with, and what came of it.
    table.integer('next').notNullable();
    // The last of those. It marks a place in a list: no foreign key, since they may be erased.
    table.text('last_person_id');
    table.text('counts').notNullable();
    table.bigInteger('ended_at');
    table.index(['created_at'], 'sequence_batches_by_age');
    table.index(['state', 'moved_at'], 'sequence_batches_at_work');
  });

  await db.schema.createTable('hooks', (table) => {
    key(table);
    table.integer('version').notNullable();
    belongsTo(table, 'sequence_id', 'sequences');
    table.text('name').notNullable();
    table.text('email_path').notNullable();
    table.boolean('is_on').notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('created_by').notNullable();
    // Sealed JSON: the secret, and the one before.
    table.text('secrets').notNullable();
    table.boolean('is_revealed').notNullable();
    table.bigInteger('before_until');
    table.integer('refusals').notNullable();
    table.bigInteger('last_refusal_at');
    table.text('last_refusal_why');
    table.bigInteger('deleted_at');
    table.index(['sequence_id'], 'hooks_by_sequence');
  });

  await db.schema.createTable('hook_calls', (table) => {
    key(table);
    belongsTo(table, 'hook_id', 'hooks');
    table.bigInteger('at').notNullable();
    table.text('fingerprint').notNullable();
    table.text('event_id');
    table.text('why');
    // The database decides that the same call counts once.
    table.unique(['hook_id', 'fingerprint']);
    table.index(['hook_id', 'at'], 'hook_calls_by_hook');
  });
}
