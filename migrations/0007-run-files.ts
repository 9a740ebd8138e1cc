import type { Knex } from 'knex';

/** The files that a run's steps saved, in parts that fit into memory. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('run_files', (table) => {
    table.text('run_id').notNullable().references('id').inTable('runs').onDelete('CASCADE');
    table.text('name').notNullable();
    table.integer('part_index').notNullable();
    // 1 for the last part: a file without one was never finished.
    table.integer('last').notNullable();
    // Bytes, before sealing.
    table.integer('size').notNullable();
    // Of the last part only.
    table.text('content_type');
    // Sealed.
    table.text('content').notNullable();
    table.primary(['run_id', 'name', 'part_index']);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('run_files');
}
