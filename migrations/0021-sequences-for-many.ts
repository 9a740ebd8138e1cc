import type { Knex } from 'knex';

/** A sequence for everybody whom an import has added, given little by little. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('sequence_batches', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('sequence_id').notNullable();
    // JSON: of which import, or these people.
    table.text('whom').notNullable();
    table.text('past').notNullable();
    table.text('asked_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('state').notNullable();
    // How many people are done with, and what came of it.
    table.integer('next').notNullable();
    table.text('counts').notNullable();
    table.bigInteger('ended_at');
    table.index(['created_at'], 'sequence_batches_by_age');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('sequence_batches');
}
