import type { Knex } from 'knex';

/** Integrations, every version of their manifests, and their secrets (sealed by the vault). */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('integrations', (table) => {
    table.text('id').primary();
    table.integer('version').notNullable();
    table.text('name').notNullable();
    // The name, folded: two integrations whose names differ only in case can't be told apart in chat.
    table.text('name_key').notNullable().unique();
    table.boolean('enabled').notNullable();
    // No foreign key: the two tables would refer to each other, and neither row could be written first.
    table.text('manifest_version_id').notNullable();
    table.bigInteger('created_at').notNullable();
  });

  await db.schema.createTable('manifest_versions', (table) => {
    table.text('id').primary();
    // Deferred: within a transaction the version may be written before its integration. Written out, since Knex
    // defers nothing on SQLite.
    table.specificType(
      'integration_id',
      'text not null references integrations (id) on delete cascade deferrable initially deferred',
    );
    table.integer('number').notNullable();
    table.text('manifest').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['integration_id', 'number']);
  });

  await db.schema.createTable('secrets', (table) => {
    table
      .text('integration_id')
      .notNullable()
      .references('id')
      .inTable('integrations')
      .onDelete('CASCADE');
    table.text('name').notNullable();
    table.text('value').notNullable();
    table.primary(['integration_id', 'name']);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('secrets');
  await db.schema.dropTable('manifest_versions');
  await db.schema.dropTable('integrations');
}
