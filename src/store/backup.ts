/** Copies the SQLite database at one moment, while Latchkey runs. */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { codeOf } from '../core/error-code.ts';
import { newId } from '../core/ids.ts';
import type { Actor } from '../engine/people/directory.ts';
import { COPIED_AT, RESTORED_BY } from '../engine/settings/restored.ts';
import { inTransaction, openDatabase } from './database.ts';
import { databaseCode, databaseTrouble } from './database-trouble.ts';
import { isMissing, makeFolder, renameToNew } from './folder.ts';
import { holdAlone, isHeldAlone, isOpenElsewhere, openWithoutMemory } from './hold-alone.ts';
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
  if (existsSync(to)) throw isTaken(to);
  try {
    makeFolder(dirname(to));
  } catch (cause) {
    throw new CannotBackUp(
      `${dirname(to)} is not there and can't be made; name a file in a folder that Latchkey may write to.`,
      { cause },
    );
  }
  const opened = openDatabase(`sqlite:${from}`);
  let db: Knex | undefined;
  let letGo = async () => {};
  try {
    db = await openToCopy(opened, from);
    if ((await migrationsOf(db)).isUnreleased)
      throw new CannotBackUp(new UnreleasedDatabase().message);
    letGo = await holdCopy(to);
    return await makeCopy(db, to, by);
  } catch (cause) {
    if (cause instanceof CannotBackUp) throw cause;
    if (codeOf(cause) === 'EEXIST' && existsSync(to)) throw isTaken(to, { cause });
    const code = databaseCode(cause) ?? 'unknown reason';
    const why = databaseTrouble(cause);
    const help = why
      ? `most likely ${why}`
      : 'look whether Latchkey may write to both places, and how much room is left on both disks';
    throw new CannotBackUp(`${from} could not be copied to ${to} (${code}); ${help}`, { cause });
  } finally {
    await letGo();
    await db?.destroy();
  }
}

const isTaken = (to: string, options?: ErrorOptions): CannotBackUp =>
  new CannotBackUp(`${to} is there already; choose a name that is not taken.`, options);

const isBeingMade = (to: string): CannotBackUp =>
  new CannotBackUp(`Another command makes ${to} just now; wait for it, or choose another name.`);

/** Call it while the name of the copy is held. @returns whether the audit log names it */
async function makeCopy(db: Knex, to: string, by: CopiedBy): Promise<boolean> {
  const part = `${to}${UNFINISHED}`;
  if (existsSync(to)) throw isTaken(to); // Another command had the name until now.
  if (existsSync(part) && (await isOpen(part))) throw isBeingMade(to);
  await removeCopy(part); // What a command left that was killed.
  try {
    await writeFile(part, '', { mode: 0o600, flag: 'wx' }); // SQLite's own would be open to others until it is done.
    await db.raw('VACUUM INTO ?', [part]);
    await checkCopy(part, by.now);
    const isNoted = await noteCopy(db, to, by).then(
      () => true,
      () => false,
    );
    await renameToNew(part, to);
    return isNoted;
  } catch (error) {
    await removeCopy(part).catch(() => undefined); // What hinders that is the cause, too.
    throw error;
  }
}

/**
 * A database that no process has open has no file of shared memory, and a full disk has no room for one. To have a copy
 * on another disk is what helps then.
 */
async function openToCopy(opened: Knex, from: string): Promise<Knex> {
  try {
    await read(opened);
    return opened;
  } catch (error) {
    await opened.destroy();
    const alone = openWithoutMemory(from);
    try {
      await read(alone);
      return alone;
    } catch {
      await alone.destroy();
      throw error;
    }
  }
}

const read = (db: Knex): Promise<unknown> => db.raw('SELECT count(*) FROM sqlite_master');

/**
 * Holds the name of a copy for one command, by a file beside it that goes with the command.
 * @throws {CannotBackUp} where another one has it
 */
async function holdCopy(to: string): Promise<() => Promise<void>> {
  const part = `${to}${UNFINISHED}`;
  const lock = `${part}.lock`;
  await writeFile(lock, '', { mode: 0o600, flag: 'a' }); // SQLite would not say why it can't.
  const letGo = await holdAlone(part, () => isBeingMade(to));
  if (!existsSync(lock)) {
    await letGo(); // The command that had it has just removed the file that this one holds, and others would hold a new one.
    throw isBeingMade(to);
  }
  return async () => {
    await rm(lock, { force: true }).catch(() => undefined); // The next copy of that name removes it.
    await letGo();
  };
}

export interface CopiedBy {
  readonly actor: Actor;
  readonly now: Date;
}

/** What follows the name of a copy that isn't whole yet. */
export const UNFINISHED = '.part';

/** Whether a command makes this copy just now, also while it has it not open, as it waits for its entry of the audit log. */
export const isInWork = async (part: string): Promise<boolean> =>
  (await isHeldAlone(part)) || isOpen(part);

/** What a command left that was killed may be no database yet. */
const isOpen = (part: string): Promise<boolean> => isOpenElsewhere(part).catch(() => false);

/** What a command left that was killed, with what held its name. */
export async function removeHalf(part: string): Promise<void> {
  await removeCopy(part);
  await rm(`${part}.lock`, { force: true });
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
