import type { Knex } from 'knex';

/** Admins are looked up at every message that could not be sent, and for each request that nobody else decides: they are few of many. */
export async function up(db: Knex): Promise<void> {
  await db.raw(
    "create index people_admins on people (active, search_text, id) where role = 'admin'",
  );
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop index people_admins');
}
