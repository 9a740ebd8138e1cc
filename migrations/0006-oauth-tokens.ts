import type { Knex } from 'knex';

/** What a third party answered when an admin connected it: one token answer per integration. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('oauth_tokens', (table) => {
    table
      .text('integration_id')
      .primary()
      .references('id')
      .inTable('integrations')
      .onDelete('CASCADE');
    table.integer('version').notNullable();
    table.integer('generation').notNullable();
    table.text('state').notNullable();
    // Sealed.
    table.text('answer').notNullable();
    table.bigInteger('refreshed_at').notNullable();
    table.bigInteger('expires_at');
    table.bigInteger('failed_at');
    table.text('failure');
    table.bigInteger('leased_until');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('oauth_tokens');
}
