import type { Knex } from 'knex';

/** Messages that are to be sent after a run has succeeded. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('deliveries', (table) => {
    table.text('id').primary();
    table.text('run_id').notNullable().references('id').inTable('runs').onDelete('CASCADE');
    table.integer('position').notNullable();
    table.text('state').notNullable();
    table.bigInteger('created_at').notNullable();
    // Sealed: to whom, and what.
    table.text('content').notNullable();
    table.unique(['run_id', 'position']);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('deliveries');
}
