import type { Knex } from 'knex';

/** When an import last gave someone an address that someone else had until lately. Milliseconds UTC. */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table people add column exchanged_at bigint');
}

export async function down(db: Knex): Promise<void> {
  // Not Knex's `dropColumn`: in SQLite that makes the whole table again.
  await db.raw('alter table people drop column exchanged_at');
}
