/** A copy of a SQLite database before its tables change, since no migration can be undone. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Knex } from 'knex';
import { backUpSqlite } from './backup.ts';
import { type Migrations, migrations, migrationsOf } from './migrations.ts';

/** How many copies stay. `latchkey backup` makes others, which nobody deletes. */
const KEPT = 3;

export type BeforeMigrating =
  /** A new database, or one that is up to date. */
  | { readonly kind: 'nothing-to-do' }
  /** The tables will change, and here is a copy from before. */
  | { readonly kind: 'backed-up'; readonly file: string }
  /** The tables will change, and PostgreSQL has its own way of backing up. */
  | { readonly kind: 'postgres'; readonly pending: readonly string[] };

/**
 * Looks whether migrations are pending, and then copies the database of SQLite beside itself. Keeps the last three of such
 * copies.
 * @param file of SQLite; undefined for PostgreSQL
 * @throws {CannotBackUp} when the copy fails; then nothing should be migrated
 */
export async function backUpBeforeMigrating(
  db: Knex,
  { file, now, all = migrations }: BeforeOptions,
): Promise<BeforeMigrating> {
  const { pending } = await migrationsOf(db, all);
  const isNew = pending.length === Object.keys(all).length;
  if (isNew || pending.length === 0) return { kind: 'nothing-to-do' };
  if (file === undefined) return { kind: 'postgres', pending };
  const copy = `${file}${MARK}${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  await backUpSqlite(file, copy);
  await deleteOlder(file);
  return { kind: 'backed-up', file: copy };
}

export interface BeforeOptions {
  readonly file: string | undefined;
  readonly now: Date;
  readonly all?: Migrations;
}

/** Between the database's name and the time, such as `20261128T120000Z`. */
const MARK = '.before-';

async function deleteOlder(file: string): Promise<void> {
  const folder = dirname(file);
  const copies = (await readdir(folder))
    .filter((name) => name.startsWith(`${basename(file)}${MARK}`) && /\d{8}T\d{6}Z$/.test(name))
    .toSorted();
  for (const name of copies.slice(0, -KEPT)) await rm(join(folder, name));
}
