import type { Knex } from 'knex';

/** A list of all requests, the newest first, page after page: without it each page reads the whole table. */
export async function up(db: Knex): Promise<void> {
  await db.raw('create index access_requests_by_age on access_requests (created_at, id)');
}
