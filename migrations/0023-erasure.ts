import type { Knex } from 'knex';

/** Whom nothing may bring back by itself: addresses of people who were erased, as hashes under a pepper of their own. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('peppers', (table) => {
    table.text('name').primary();
    // Sealed: a hash that outlives every key of the ring can't be made with one of them.
    table.text('value').notNullable();
  });
  await db.schema.createTable('erased_addresses', (table) => {
    table.text('hash').primary();
    table.bigInteger('at').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('erased_addresses');
  await db.schema.dropTable('peppers');
}
