import type { Knex } from 'knex';

/** Where the next import begins, for sources that give what has changed since. */
export async function up(db: Knex): Promise<void> {
  // Sealed: it is a third party's, and may be a token.
  await db.raw('alter table sync_runs add column mark text');
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table sync_runs drop column mark');
}
