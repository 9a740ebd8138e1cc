import type { Knex } from 'knex';

/**
 * What is said of a run, of somebody's access and of an offboarding may quote an answer or a value of a form, so it is
 * sealed. What stood there in plain is dropped: a migration has no key. The steps of a run, which are sealed, still say it.
 */
export async function up(db: Knex): Promise<void> {
  // Statements of one column each: Knex would make SQLite's tables anew, and lose the rows that refer to them.
  await db.raw('alter table runs add column said text');
  await db.raw('alter table runs drop column why');
  await db.raw(
    isPostgres(db)
      ? `update runs set error = (error::jsonb - 'message')::text where error is not null`
      : `update runs set error = json_remove(error, '$.message') where error is not null`,
  );
  await db.raw('alter table access drop column reason');
  await db.raw('alter table access add column reason text');
  await db.raw('update offboarding_items set why = null');
}

export async function down(db: Knex): Promise<void> {
  await db.raw('update offboarding_items set why = null');
  await db.raw('alter table access drop column reason');
  await db.raw("alter table access add column reason text not null default ''");
  await db.raw(
    isPostgres(db)
      ? `update runs set error = (error::jsonb || '{"message":""}')::text where error is not null`
      : `update runs set error = json_set(error, '$.message', '') where error is not null`,
  );
  await db.raw('alter table runs add column why text');
  await db.raw('alter table runs drop column said');
}

const isPostgres = (db: Knex): boolean => db.client.driverName === 'pg';
