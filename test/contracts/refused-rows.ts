/** A database that refuses to write some rows, as one that is damaged or full does. */
import type { Knex } from 'knex';
import { dialectOf } from '../../src/store/database.ts';

export interface RefusedRows {
  readonly when: 'insert' | 'update';
  readonly table: string;
  /** Those that have this value in this column. */
  readonly column: string;
  readonly value: string;
}

/** @returns what takes it back */
export async function refuseRows(
  db: Knex,
  { when, table, column, value }: RefusedRows,
): Promise<() => Promise<void>> {
  const trigger = `create trigger refuse before ${when} on ${table}`;
  const isTheirs = `new.${column} = '${value}'`;
  if (dialectOf(db) === 'sqlite') {
    await db.raw(
      `${trigger} when ${isTheirs} begin select raise(abort, 'refused by a trigger'); end`,
    );
    return async () => {
      await db.raw('drop trigger refuse');
    };
  }
  await db.raw(
    `create or replace function refuse() returns trigger language plpgsql as
     $$ begin raise exception 'refused by a trigger'; end $$`,
  );
  await db.raw(`${trigger} for each row when (${isTheirs}) execute function refuse()`);
  return async () => {
    await db.raw(`drop trigger refuse on ${table}`);
  };
}
