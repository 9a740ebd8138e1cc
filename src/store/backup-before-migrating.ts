/**
 * A copy of a SQLite database before its tables change, since no migration can be undone. What a restore replaces stands beside it
 * under a similar name, and ends as old.
 */
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Knex } from 'knex';
import type { Actor } from '../engine/people/directory.ts';
import { backUpSqlite, isInWork, removeCopy, removeHalf, UNFINISHED } from './backup.ts';
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
  const copy = nameOf(file, 'before', now);
  await deleteUnfinished(file, 'before');
  await backUpSqlite(file, copy, { actor, now });
  const copies = (await copiesOf(file)).filter(({ of, end }) => of === 'before' && end === '');
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

/** Deletes what a process that was killed has left half done; each is as large as the database. @param file of SQLite */
export async function deleteUnfinished(file: string, kind: CopyOf): Promise<void> {
  for (const { file: half, of, end } of await copiesOf(file))
    if (of === kind && end === UNFINISHED && !(await isInWork(half))) await removeHalf(half);
}

/** What a restore replaces, until it is old. @param file of SQLite */
export const replacedBy = (file: string, now: Date): string => nameOf(file, 'replaced', now);

/** A copy from before a migration, or what a restore has replaced. */
type CopyOf = 'before' | 'replaced';

const nameOf = (file: string, of: CopyOf, now: Date): string =>
  `${file}.${of}-${now.toISOString().replaceAll(/[-:.]/g, '')}`;
/** After the database's name: `.before-20261128T120000123Z`. 0.2.0 wrote no milliseconds. */
const NAMED =
  /^\.(?<of>before|replaced)-(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<ms>\d{3})?Z(?<end>|\.part|-wal|-shm)$/;

interface Copy {
  readonly file: string;
  readonly of: string;
  /** In epoch milliseconds. */
  readonly at: number;
  /** Empty; `UNFINISHED` of what a process that was killed has left; `-wal` or `-shm` of what stood beside a database. */
  readonly end: string;
}

/** The oldest first, also those beside the file that this one is a link to. */
async function copiesOf(file: string): Promise<readonly Copy[]> {
  const places = new Set([file, await realpath(file).catch(() => file)]);
  const found = await Promise.all([...places].map(copiesBeside));
  return found.flat().toSorted((one, other) => one.at - other.at);
}

async function copiesBeside(file: string): Promise<readonly Copy[]> {
  const [folder, start] = [dirname(file), basename(file)];
  const names = (await readdir(folder)).filter((name) => name.startsWith(start));
  return names.flatMap((name) => {
    const named = NAMED.exec(name.slice(start.length))?.groups;
    if (!named) return [];
    const { of = '', year, month, day, hour, minute, second, ms = '000', end = '' } = named;
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
    return [{ file: join(folder, name), of, at, end }];
  });
}

async function deleteCopies(copies: readonly Copy[]): Promise<void> {
  for (const { file, end } of copies)
    await (end === UNFINISHED ? removeHalf(file) : removeCopy(file));
}
