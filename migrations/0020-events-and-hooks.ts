import type { Knex } from 'knex';

/** What starts sequences by itself: the occasions that admins chose, what has happened, and addresses that third parties call. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sequence_starts', (table) => {
    // A sequence that was deleted keeps its rows, as it does itself.
    table.text('sequence_id').notNullable();
    table.text('kind').notNullable();
    // The integration; empty where it is about none.
    table.text('about').notNullable();
    table.primary(['sequence_id', 'kind', 'about']);
    table.index(['kind', 'about'], 'sequence_starts_by_occasion');
  });

  await db.schema.createTable('sequence_events', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('sequence_id').notNullable();
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    // JSON: what has happened.
    table.text('cause').notNullable();
    table.bigInteger('at').notNullable();
    table.text('state').notNullable();
    table.bigInteger('ended_at');
    table.text('assignment_id');
    // A sentence for people.
    table.text('why');
    table.index(['sequence_id', 'at'], 'sequence_events_by_sequence');
    table.index(['assignment_id'], 'sequence_events_by_assignment');
    table.index(['ended_at'], 'sequence_events_by_age');
  });

  await db.schema.createTable('hooks', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('sequence_id').notNullable();
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
    table.text('id').primary();
    table.text('hook_id').notNullable().references('id').inTable('hooks').onDelete('CASCADE');
    table.bigInteger('at').notNullable();
    table.text('fingerprint').notNullable();
    table.text('event_id');
    table.text('why');
    // The database decides that the same call counts once.
    table.unique(['hook_id', 'fingerprint']);
    table.index(['hook_id', 'at'], 'hook_calls_by_hook');
  });
}

export async function down(db: Knex): Promise<void> {
  for (const table of ['hook_calls', 'hooks', 'sequence_events', 'sequence_starts'])
    await db.schema.dropTable(table);
}
