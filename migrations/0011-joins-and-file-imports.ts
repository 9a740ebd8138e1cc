import type { Knex } from 'knex';

/** Who joined a workspace and isn't in the directory, so that admins are asked once; files of people that are imported. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('joins', (table) => {
    table.text('id').primary();
    table.text('platform').notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.text('email').notNullable();
    table.text('name').notNullable();
    table.bigInteger('joined_at').notNullable();
    table.text('state').notNullable();
    table.text('decided_by').references('id').inTable('people').onDelete('SET NULL');
    table.unique(['platform', 'tenant', 'user_id'], { indexName: 'joins_by_user' });
    table.index(['email'], 'joins_by_email');
    table.index(['decided_by'], 'joins_by_decider');
  });

  await db.schema.createTable('file_imports', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('file_name').notNullable();
    table.text('started_by').notNullable();
    table.bigInteger('created_at').notNullable();
    // JSON: counts and how far it is. The rows themselves are in a draft, sealed.
    table.text('progress').notNullable();
    table.index(['created_at'], 'file_imports_by_age');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('file_imports');
  await db.schema.dropTable('joins');
}
