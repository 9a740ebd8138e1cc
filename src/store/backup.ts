/** A copy of the embedded database as it is at one moment, made while Latchkey goes on. */
import { access, chmod, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openDatabase } from './database.ts';
import { makeFolder } from './folder.ts';
import { migrationsOf, UnreleasedDatabase } from './migrations.ts';

/** The copy can't be made; the message is for an operator, and names the cure. */
export class CannotBackUp extends Error {
  readonly code = 'cannot-back-up';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CannotBackUp';
  }
}

/**
 * Copies the database in one read transaction: writers neither wait for it nor appear in it. The copy is one file, without a
 * write-ahead log, readable by its owner alone, and looked over before this returns.
 * @param from the database, which has to exist
 * @param to must not exist, so that no backup is written over
 * @throws {CannotBackUp}
 */
export async function backUpSqlite(from: string, to: string): Promise<void> {
  if (!(await exists(from))) throw new CannotBackUp(`There is no database at ${from}.`);
  if (await exists(to))
    throw new CannotBackUp(`${to} is there already; choose a name that is not taken.`);
  try {
    makeFolder(dirname(to));
  } catch (cause) {
    throw new CannotBackUp(
      `${dirname(to)} is not there and can't be made; name a file in a folder that Latchkey may write to.`,
      { cause },
    );
  }
  const db = openDatabase(`sqlite:${from}`);
  try {
    if ((await migrationsOf(db)).isUnreleased)
      throw new CannotBackUp(new UnreleasedDatabase().message);
    await db.raw('VACUUM INTO ?', [to]);
    await chmod(to, 0o600);
  } catch (cause) {
    if (cause instanceof CannotBackUp) throw cause;
    await rm(to, { force: true }); // Half of a copy is none.
    throw new CannotBackUp(
      `${to} could not be written; may Latchkey write there, and is there room on the disk?`,
      { cause },
    );
  } finally {
    await db.destroy();
  }
  await lookOver(to);
}

async function lookOver(file: string): Promise<void> {
  const copy = openDatabase(`sqlite:${file}`);
  try {
    const said: readonly { readonly quick_check: string }[] = await copy.raw('PRAGMA quick_check');
    const first = said[0]?.quick_check;
    if (first !== 'ok')
      throw new CannotBackUp(`The copy is damaged (${first}); look at the disk, and keep ${file}.`);
    await copy.raw('PRAGMA journal_mode = DELETE'); // One file, whoever looked into it.
  } finally {
    await copy.destroy();
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
