/** A copy of a SQLite database before its tables change, since no migration can be undone. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Knex } from 'knex';
import type { Actor } from '../engine/people/directory.ts';
import { backUpSqlite, removeCopy, UNFINISHED } from './backup.ts';
import { type Migrations, migrations, migrationsOf } from './migrations.ts';

/** How many copies stay, for `COPIES_MS` at most. `latchkey backup` makes others, which nobody deletes. */
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
 * copies; `deleteCopiesBefore` deletes them when they are old.
 * @param file of SQLite; undefined for PostgreSQL
 * @throws {CannotBackUp} when the copy fails; then nothing should be migrated
 */
export async function backUpBeforeMigrating(
  db: Knex,
  { file, now, actor, all = migrations }: BeforeOptions,
): Promise<BeforeMigrating> {
  const { pending, isNew } = await migrationsOf(db, all);
  if (isNew || pending.length === 0) return { kind: 'nothing-to-do' };
  if (file === undefined) return { kind: 'postgres', pending };
  const copy = copyBefore(file, now);
  await backUpSqlite(file, copy, { actor, now });
  const copies = (await copiesOf(file)).filter(({ isWhole }) => isWhole);
  await deleteCopies(copies.slice(0, -KEPT));
  return { kind: 'backed-up', file: copy };
}

export interface BeforeOptions {
  readonly file: string | undefined;
  readonly now: Date;
  readonly actor: Actor;
  readonly all?: Migrations;
}

/**
 * Deletes the copies from before that time: people who were erased since then are still in them.
 * @param file of SQLite
 * @returns how many
 */
export async function deleteCopiesBefore(file: string, before: Date): Promise<number> {
  const old = (await copiesOf(file)).filter(({ at }) => at < before.getTime());
  await deleteCopies(old);
  return old.length;
}

/** Between the database's name and the time, such as `20261128T120000123Z`. 0.2.0 wrote no milliseconds. */
const MARK = '.before-';
/** The name of what a database was until then. */
export const copyBefore = (file: string, now: Date): string =>
  `${file}${MARK}${now.toISOString().replaceAll(/[-:.]/g, '')}`;
const TIME =
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<ms>\d{3})?Z$/;

interface Copy {
  readonly file: string;
  /** In epoch milliseconds. */
  readonly at: number;
  /** Not what a process that was killed has left. */
  readonly isWhole: boolean;
}

/** The oldest first. */
async function copiesOf(file: string): Promise<readonly Copy[]> {
  const [folder, start] = [dirname(file), `${basename(file)}${MARK}`];
  const names = (await readdir(folder)).filter((name) => name.startsWith(start));
  return names
    .flatMap((name) => {
      const isWhole = !name.endsWith(UNFINISHED);
      const stamp = name.slice(start.length).replace(UNFINISHED, '');
      const time = TIME.exec(stamp)?.groups;
      if (!time) return [];
      const { year, month, day, hour, minute, second, ms = '000' } = time;
      const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
      return [{ file: join(folder, name), at, isWhole }];
    })
    .toSorted((one, other) => one.at - other.at);
}

async function deleteCopies(copies: readonly Copy[]): Promise<void> {
  for (const { file } of copies) await removeCopy(file);
}
