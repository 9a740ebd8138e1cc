import type { Knex } from 'knex';

/**
 * Routes and owners of integrations, and the route that a request was made under. Columns of their own: 0.2.0, which knows none of
 * them, writes the settings anew and would lose them there. Rows without them are simple policies, so nothing is moved here.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table integrations add column approval text');
  await db.raw('alter table access_requests add column route text');
}
