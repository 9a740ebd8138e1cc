import type { Knex } from 'knex';

/**
 * Where the next import begins, for sources that give what has changed since; and what is said of an import, which may quote
 * an answer. Both are sealed. What stood in plain goes with the imports so far, since a migration has no key: the next
 * ones read anew, and people stay.
 */
export async function up(db: Knex): Promise<void> {
  for (const table of ['sync_rows', 'sync_pages', 'sync_runs']) await db(table).delete();
  await db.raw('alter table sync_runs add column mark text');
  await db.raw('alter table sync_runs add column said text');
}

export async function down(db: Knex): Promise<void> {
  for (const table of ['sync_rows', 'sync_pages', 'sync_runs']) await db(table).delete();
  await db.raw('alter table sync_runs drop column said');
  await db.raw('alter table sync_runs drop column mark');
}
