import type { Knex } from 'knex';

/** A delivery belongs to a run that has succeeded, or to a planned item of a sequence: exactly one of the two. */
export async function up(db: Knex): Promise<void> {
  // SQLite makes the table anew for this, and can't take an index over an expression along.
  await db.raw('drop index deliveries_overdue');
  await db.schema.alterTable('deliveries', (table) => {
    table.setNullable('run_id');
  });
  await db.schema.alterTable('deliveries', (table) => {
    table.text('item_id');
    table.unique(['item_id', 'position'], { indexName: 'deliveries_of_item' });
  });
  await indexOverdue(db);
}

export async function down(db: Knex): Promise<void> {
  await db('deliveries').whereNull('run_id').delete();
  await db.raw('drop index deliveries_overdue');
  await db.schema.alterTable('deliveries', (table) => {
    table.dropUnique(['item_id', 'position'], 'deliveries_of_item');
    table.dropColumn('item_id');
  });
  await db.schema.alterTable('deliveries', (table) => {
    table.dropNullable('run_id');
  });
  await indexOverdue(db);
}

const indexOverdue = (db: Knex) =>
  db.raw(
    'create index deliveries_overdue on deliveries (coalesce(leased_until, due_at)) where finished_at is null',
  );
