import type { Knex } from 'knex';

/** When an import last gave someone an address that someone else had until lately. Milliseconds UTC. */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table people add column exchanged_at bigint');
}
