/** Copies the SQLite database at one moment, while Latchkey runs. */
import { access, chmod, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openDatabase } from './database.ts';
import { makeFolder } from './folder.ts';
import { migrationsOf, UnreleasedDatabase } from './migrations.ts';

/** Thrown when the copy fails. The message tells an operator how to fix it. */
export class CannotBackUp extends Error {
  readonly code = 'cannot-back-up';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CannotBackUp';
  }
}

/**
 * Copies the database in one read transaction, so writers don't wait for it and their changes aren't in it. The copy is
 * one file without a write-ahead log. Only its owner can read it. We check it before this returns.
 * @param from the database, which must exist
 * @param to must not exist, so that we never overwrite a backup
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
    await rm(to, { force: true }); // Half a copy is useless.
    throw new CannotBackUp(
      `${to} could not be written; may Latchkey write there, and is there room on the disk?`,
      { cause },
    );
  } finally {
    await db.destroy();
  }
  await checkCopy(to);
}

async function checkCopy(file: string): Promise<void> {
  const copy = openDatabase(`sqlite:${file}`);
  try {
    const said: readonly { readonly quick_check: string }[] = await copy.raw('PRAGMA quick_check');
    const first = said[0]?.quick_check;
    if (first !== 'ok')
      throw new CannotBackUp(`The copy is damaged (${first}); look at the disk, and keep ${file}.`);
    await copy.raw('PRAGMA journal_mode = DELETE'); // One file: no write-ahead log remains from the check.
  } finally {
    await copy.destroy();
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
