/** Copies the SQLite database at one moment, while Latchkey runs. */
import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { codeOf } from '../core/error-code.ts';
import { newId } from '../core/ids.ts';
import type { Actor } from '../engine/people/directory.ts';
import { COPIED_AT, RESTORED_BY } from '../engine/settings/restored.ts';
import { inTransaction, openDatabase } from './database.ts';
import { databaseCode, databaseTrouble } from './database-trouble.ts';
import { isMissing, makeFolder, renameToNew } from './folder.ts';
import { isOpenElsewhere } from './hold-alone.ts';
import { migrationsOf, UnreleasedDatabase } from './migrations.ts';
import { AUDIT_LOG } from './work/audit.ts';
import { putRows } from './work/put-rows.ts';

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
 * one file without a write-ahead log. Only its owner can read it. It gets its name when it is whole and looked over, so a
 * process that is killed leaves no half of one under that name, and none that the audit log doesn't name.
 * @param from the database, which must exist
 * @param to must not exist, so that we never overwrite a backup
 * @returns whether the audit log names the copy. It can't on a full disk, and a copy may be what is needed then
 * @throws {CannotBackUp}
 */
export async function backUpSqlite(from: string, to: string, by: CopiedBy): Promise<boolean> {
  if (isMissing(from)) throw new CannotBackUp(`There is no database at ${from}.`);
  const isTaken = `${to} is there already; choose a name that is not taken.`;
  if (existsSync(to)) throw new CannotBackUp(isTaken);
  try {
    makeFolder(dirname(to));
  } catch (cause) {
    throw new CannotBackUp(
      `${dirname(to)} is not there and can't be made; name a file in a folder that Latchkey may write to.`,
      { cause },
    );
  }
  const part = `${to}${UNFINISHED}`;
  const db = openDatabase(`sqlite:${from}`);
  try {
    if ((await migrationsOf(db)).isUnreleased)
      throw new CannotBackUp(new UnreleasedDatabase().message);
    if (!(await begin(part)))
      throw new CannotBackUp(
        `Another command makes ${to} just now; wait for it, or choose another name.`,
      );
    await db.raw('VACUUM INTO ?', [part]);
    await checkCopy(part, by.now);
    const isNoted = await noteCopy(db, to, by).then(
      () => true,
      () => false,
    );
    await renameToNew(part, to);
    return isNoted;
  } catch (cause) {
    if (cause instanceof CannotBackUp) throw cause;
    await removeCopy(part).catch(() => undefined); // What hinders that is the cause, too.
    if (codeOf(cause) === 'EEXIST' && existsSync(to)) throw new CannotBackUp(isTaken, { cause });
    const code = databaseCode(cause) ?? 'unknown reason';
    const why = databaseTrouble(cause);
    const help = why
      ? `most likely ${why}`
      : 'look whether Latchkey may write to both places, and how much room is left on both disks';
    throw new CannotBackUp(`${from} could not be copied to ${to} (${code}); ${help}`, { cause });
  } finally {
    await db.destroy();
  }
}

export interface CopiedBy {
  readonly actor: Actor;
  readonly now: Date;
}

/** What follows the name of a copy that isn't whole yet. */
export const UNFINISHED = '.part';

/** Whether a command makes this copy just now. What one left that was killed may be no database yet. */
export const isInWork = (part: string): Promise<boolean> =>
  isOpenElsewhere(part).catch(() => false);

/** Another command that began a copy so long ago without a first byte of it was killed. */
const BEGUN_MS = 10_000;

/**
 * Makes the file, empty, in place of what a command left that was killed. SQLite's own would be open to others until it is done.
 * @returns false where another command has made it
 */
async function begin(part: string): Promise<boolean> {
  const found = await stat(part).catch(() => undefined);
  if (found) {
    const hasJustBegun = found.size === 0 && Math.abs(Date.now() - found.mtimeMs) < BEGUN_MS;
    if (hasJustBegun || (await isInWork(part))) return false;
    await removeCopy(part);
  }
  await removeBeside(part);
  try {
    await writeFile(part, '', { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** With what SQLite leaves beside one that isn't whole. */
export async function removeCopy(copy: string): Promise<void> {
  await rm(copy, { force: true });
  await removeBeside(copy);
}

async function removeBeside(copy: string): Promise<void> {
  for (const end of ['-journal', '-wal', '-shm']) await rm(copy + end, { force: true });
}

/** In the columns that every released version has. The sealer adds the others. */
async function noteCopy(db: Knex, file: string, { actor, now }: CopiedBy): Promise<void> {
  if (!(await db.schema.hasTable(AUDIT_LOG))) return;
  await inTransaction(db, async (tx) =>
    tx(AUDIT_LOG).insert({
      id: newId(),
      at: now.getTime(),
      actor: JSON.stringify(actor),
      what: 'database.copied',
      detail: JSON.stringify({ file }),
    }),
  );
}

async function checkCopy(file: string, copiedAt: Date): Promise<void> {
  const copy = openDatabase(`sqlite:${file}`);
  try {
    const damage = await damageIn(copy);
    if (damage !== undefined)
      throw new CannotBackUp(
        `The copy is damaged (${damage}); look at the disk, and keep ${file}.`,
      );
    if (await copy.schema.hasTable('settings')) await markCopied(copy, copiedAt);
    await copy.raw('PRAGMA journal_mode = DELETE'); // One file: no write-ahead log remains from the check.
  } finally {
    await copy.destroy();
  }
}

/** What SQLite finds first in a database that is damaged. */
export async function damageIn(db: Knex): Promise<string | undefined> {
  const said: readonly { readonly quick_check: string }[] = await db.raw('PRAGMA quick_check');
  const first = said[0]?.quick_check;
  return first === 'ok' ? undefined : first;
}

/** The first start on it notes in the audit log that it is a copy. */
export const markCopied = (copy: Knex, at: Date): Promise<void> => setIn(copy, COPIED_AT, at);

/** The same, and by whom. */
export const markRestored = (copy: Knex, user: string): Promise<void> =>
  setIn(copy, RESTORED_BY, user);

async function setIn(copy: Knex, key: string, value: unknown): Promise<void> {
  await putRows(copy('settings'), [{ key, version: 1, value: JSON.stringify(value) }], ['key']);
}
