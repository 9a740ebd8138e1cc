import type { Knex } from 'knex';

/** Chat users who wrote and were refused because nothing says who they are, so that an admin can link them by hand. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('refused_users', (table) => {
    table.text('platform').notNullable();
    table.text('tenant').notNullable();
    table.text('user_id').notNullable();
    table.text('name').notNullable();
    // As their profile shows it, confirmed or not; null where it shows none.
    table.text('email');
    table.bigInteger('refused_at').notNullable();
    table.primary(['platform', 'tenant', 'user_id']);
    table.index(['refused_at'], 'refused_users_by_age');
    table.index(['email'], 'refused_users_by_email');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('refused_users');
}
