import type { Knex } from 'knex';

/**
 * What the search in an import's preview looks in, folded by us: databases fold accents and capitals each in their own way.
 * Null where lower case is all there is to it. Rows that are there stay so: a preview is good for a day.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw('alter table sync_rows add column search_text text');
}

export async function down(db: Knex): Promise<void> {
  await db.raw('alter table sync_rows drop column search_text');
}
