import type { Knex } from 'knex';

/** Facts about people that someone else typed, until the person confirms them. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('fact_claims', (table) => {
    table.text('person_id').notNullable().references('id').inTable('people').onDelete('CASCADE');
    table.text('name').notNullable();
    // Sealed.
    table.text('value').notNullable();
    table.text('typed_by_id').references('id').inTable('people').onDelete('SET NULL');
    table.bigInteger('at').notNullable();
    // One of each fact: a later one takes its place.
    table.primary(['person_id', 'name']);
    table.index(['at'], 'fact_claims_by_age');
    table.index(['typed_by_id'], 'fact_claims_by_typist');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('fact_claims');
}
