/** Who else has a SQLite database open: a main process holds its own alone. */
import { existsSync } from 'node:fs';
import { access, chown, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { createSqlite, isBusy, setUp } from './database.ts';
import { makeForOwner } from './for-owner.ts';

/**
 * Whether any other connection has this SQLite file open, of this process or another. With a write-ahead log each one holds a
 * lock on the file for as long as it is open, and our exclusive one gets none beside it.
 * @throws {SqliteMissing}
 */
export async function isOpenElsewhere(file: string): Promise<boolean> {
  const db = openWithoutMemory(file);
  try {
    await db.raw('PRAGMA busy_timeout = 0');
    await db.raw('SELECT count(*) FROM sqlite_master');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    await db.destroy();
  }
}

/** Without a file of shared memory: only where no other process has it open. It connects at the first query. @throws {SqliteMissing} */
export const openWithoutMemory = (filename: string): Knex =>
  oneConnection(filename, setUp('PRAGMA locking_mode = EXCLUSIVE'));

/** @throws {SqliteMissing} */
const oneConnection = (filename: string, afterCreate?: ReturnType<typeof setUp>): Knex =>
  createSqlite({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    pool: { min: 1, max: 1, ...(afterCreate && { afterCreate }) },
  });

/** A SQLite database can't be held alone. The message ends a sentence for an operator. */
class NotAlone extends Error {
  readonly code = 'not-alone';
  constructor(message: string) {
    super(message);
    this.name = 'NotAlone';
  }
}

/**
 * Holds a SQLite database for one main process. Commands and the worker don't ask. The operating system lets go of the lock when
 * a process ends, however it ends; a container has no other ids of processes to tell who lives.
 * @param file it need not exist yet
 * @param taken what it throws where another one has it
 * @param ownedLike whose owner may look at the lock when root holds it. What is not there counts as its folder
 * @returns what lets go of it
 * @throws {NotAlone}
 */
export async function holdAlone(
  file: string,
  taken: () => Error = () => runsAlready(file),
  ownedLike = file,
): Promise<() => Promise<void>> {
  const database = existsSync(file) ? await realpath(file) : file; // A link to it is the same database.
  const beside = `${database}.lock`; // The database itself is open to commands.
  makeForOwner(beside);
  const lock = oneConnection(beside);
  // What fails here ends with the process, and would hide why its caller lets go.
  const letGo = () => lock.destroy().catch(() => undefined);
  try {
    await lock.raw('PRAGMA busy_timeout = 0');
    await lock.raw('PRAGMA journal_mode = OFF'); // Nothing is ever written.
    await requireWritable(beside);
    await lock.raw('BEGIN EXCLUSIVE');
    if (process.getuid?.() === 0) await giveToOwnerOf(ownedLike, beside);
  } catch (error) {
    await letGo();
    if (!isBusy(error)) throw error;
    throw taken();
  }
  return letGo;
}

/** Whether a process holds it alone, which then need not have it open. @throws {SqliteMissing} */
export async function isHeldAlone(file: string): Promise<boolean> {
  const beside = `${file}.lock`;
  return existsSync(beside) && isOpenElsewhere(beside);
}

const runsAlready = (file: string): NotAlone =>
  new NotAlone(
    `Another Latchkey runs on ${file}, and two would do everything twice; stop that one first, or name a database of its own`,
  );

/** SQLite would take a lock that excludes nobody. @throws {NotAlone} */
async function requireWritable(lock: string): Promise<void> {
  await access(lock, constants.W_OK).catch(() => {
    throw new NotAlone(
      `${lock} belongs to another user, so Latchkey can't tell whether another one runs there; stop any other one, and remove that file`,
    );
  });
}

/** Root starts it once, and its own user from then on. SQLite does the same with its files. */
async function giveToOwnerOf(database: string, lock: string): Promise<void> {
  const { uid, gid } = await stat(existsSync(database) ? database : dirname(database));
  await chown(lock, uid, gid);
}
