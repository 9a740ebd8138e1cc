import type { Knex } from 'knex';

/**
 * How long a request is for, in hours. `days` stays beside it for processes of 0.2.0, and rows without hours are read by their
 * days (`src/store/work/length.ts`), so nothing is moved here.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table access_requests add column hours integer');
}
