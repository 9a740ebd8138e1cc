import type { Knex } from 'knex';

/** When a sequence that is given to many went on last, so that one whose job was lost is found and goes on. */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table sequence_batches add column moved_at bigint');
  await db('sequence_batches').update({ moved_at: db.ref('created_at') });
  await db.schema.alterTable('sequence_batches', (table) => {
    table.index(['state', 'moved_at'], 'sequence_batches_at_work');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('sequence_batches', (table) => {
    table.dropIndex(['state', 'moved_at'], 'sequence_batches_at_work');
  });
  await db.raw('alter table sequence_batches drop column moved_at');
}
