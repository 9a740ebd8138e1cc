/** Puts a copy of a SQLite database in the place of the database. */
import { createReadStream, existsSync } from 'node:fs';
import { chown, link, lstat, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { codeOf } from '../core/error-code.ts';
import { damageIn, removeCopy, UNFINISHED } from './backup.ts';
import { deleteUnfinished, replacedBy } from './backup-before-migrating.ts';
import { openDatabase } from './database.ts';
import { databaseCode } from './database-trouble.ts';
import { makeFolder, renameDurably } from './folder.ts';
import { holdAlone, isOpenElsewhere } from './hold-alone.ts';
import { writeKeyFile } from './vault/key-file.ts';

/** The copy can't take the place of the database. Its message is a sentence for an operator. */
export class CannotRestore extends Error {
  readonly code = 'cannot-restore';
  constructor(message: string) {
    super(message);
    this.name = 'CannotRestore';
  }
}

/** @param damage what SQLite says of it */
const isDamaged = (copy: string, damage: string): string =>
  `${copy} is damaged (${damage}); restore another copy`;

export interface Restoring<T> {
  /** The copy. It is only read. */
  readonly from: string;
  /** The database. It need not exist. */
  readonly to: string;
  readonly now: Date;
  /** Looks at what is about to take the place. What it throws leaves everything as it is. */
  readonly check: (copy: Knex) => Promise<T>;
  /** A key that goes beside the database first. */
  readonly key: { readonly file: string; readonly key: Uint8Array } | undefined;
}

export interface Restored<T> {
  /** The database that was there. */
  readonly kept: string | undefined;
  readonly found: T;
}

/**
 * The copy gets its place when it is whole and looked over, in one step: a process that is killed leaves the database that was
 * there. That one stays beside it under another name.
 * @throws {CannotRestore} or the error of the file system or of SQLite; then everything is as it was
 */
export async function restoreSqlite<T>(restoring: Restoring<T>): Promise<Restored<T>> {
  const { to } = restoring;
  makeFolder(dirname(to), 0o700);
  const isThere = existsSync(to);
  const place = isThere ? await realpath(to) : to; // A link to another disk stays one.
  const inUse = (who: string) => new CannotRestore(`${who} has ${to} open; stop it and try again`);
  const requireFree = async () => {
    if (!isThere) await requireNone(place);
    else if (await isInUse(place))
      throw inUse('another program, most likely a command of Latchkey,');
  };
  // No Latchkey starts on it meanwhile, and no other copy is put there.
  const letGo = await holdAlone(place, () => inUse('Latchkey'));
  try {
    await requireFree();
    return await replace(place, restoring, requireFree);
  } finally {
    await letGo();
  }
}

/**
 * What SQLite says of a file that it can't use, so that no one has it open. A disk that fails says nothing of who has it, and is
 * no place for the copy either.
 */
const DAMAGES = new Set(['SQLITE_NOTADB', 'SQLITE_CORRUPT']);

/**
 * A database that is damaged may be replaced. One that isn't has its write-ahead log written back by this, so that the name that it
 * keeps holds all of it, also what a process wrote that was killed.
 */
async function isInUse(file: string): Promise<boolean> {
  try {
    return await isOpenElsewhere(file);
  } catch (error) {
    if (DAMAGES.has(databaseCode(error) ?? '')) return false;
    throw error;
  }
}

/** A command may have made one. Nor is a link to nowhere replaced. */
async function requireNone(place: string): Promise<void> {
  const found = await lstat(place).catch(() => undefined);
  if (found?.isSymbolicLink())
    throw new CannotRestore(
      `${place} is a link to a file that is not there; connect its disk, or remove the link`,
    );
  if (found)
    throw new CannotRestore(
      `something made ${place} during the restore, most likely Latchkey; stop it, and add --overwrite`,
    );
}

/** @param requireFree looks again before the place changes: to copy takes minutes where the copy is large */
async function replace<T>(
  place: string,
  restoring: Restoring<T>,
  requireFree: () => Promise<void>,
): Promise<Restored<T>> {
  const { from, now, key } = restoring;
  const kept = replacedBy(place, now);
  const part = `${kept}${UNFINISHED}`;
  const wasThere = existsSync(place);
  const giveAway = givesTo(wasThere ? place : dirname(place));
  try {
    await deleteUnfinished(place, 'replaced');
    for (const end of ['', '-wal']) // The second one has what was written last, where the copy was open.
      if (end === '' || existsSync(from + end)) await writeNew(part + end, contentOf(from + end));
    const found = await checked(part, restoring);
    await giveAway(part);
    await requireFree();
    await withKeyBeside(key, { part, giveAway }, async () => {
      await keepAside(place, kept, requireFree);
      try {
        await moveWhatIsBeside(place, kept);
        if (wasThere) await giveAway(kept);
        await renameDurably(part, place);
      } catch (error) {
        if (existsSync(part)) await putBack(place, kept); // Else the copy has the place already.
        throw error;
      }
    });
    return { kept: wasThere ? kept : undefined, found };
  } finally {
    await removeCopy(part);
  }
}

interface Copied {
  /** The copy, until it has its place. */
  readonly part: string;
  readonly giveAway: (file: string) => Promise<void>;
}

/** The key comes first, so that the copy is never without it. It goes again where the copy doesn't come. */
async function withKeyBeside(
  key: Restoring<unknown>['key'],
  { part, giveAway }: Copied,
  putCopy: () => Promise<void>,
): Promise<void> {
  if (!key) return putCopy();
  if (!(await writeKeyFile(key.file, key.key)))
    throw new CannotRestore(
      `something made ${key.file} during the restore, most likely Latchkey; stop it, and restore again`,
    );
  try {
    await giveAway(key.file);
    await putCopy();
  } catch (error) {
    if (existsSync(part)) await rm(key.file, { force: true }); // Else the copy has its place, and needs it.
    throw error;
  }
}

const writeNew = (file: string, content: string | AsyncIterable<Buffer>): Promise<void> =>
  writeFile(file, content, { mode: 0o600, flag: 'wx', flush: true });

/** The disk of a backup may be broken, and the one of the database is not. */
async function* contentOf(copy: string): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(copy);
  } catch (error) {
    throw new CannotRestore(
      `${copy} can't be read (${codeOf(error) ?? 'unknown reason'}); look at its disk, or restore another copy`,
    );
  }
}

/** What SQLite says of the disk; anything else is about the copy. */
const OF_THE_DISK = new Set(['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_CANTOPEN']);

async function checked<T>(file: string, { from, check }: Restoring<T>): Promise<T> {
  const copy = openDatabase(`sqlite:${file}`);
  try {
    const damage = await damageIn(copy);
    if (damage !== undefined) throw new CannotRestore(isDamaged(from, damage));
    const found = await check(copy);
    await copy.raw('PRAGMA journal_mode = DELETE'); // One file, which can be renamed.
    return found;
  } catch (error) {
    const code = databaseCode(error) ?? '';
    if (!code.startsWith('SQLITE_') || code === 'SQLITE_NOTADB' || OF_THE_DISK.has(code))
      throw error;
    throw new CannotRestore(isDamaged(from, code));
  } finally {
    await copy.destroy();
  }
}

/** The database keeps its name until the copy takes it, so there is one at every moment. */
async function keepAside(
  place: string,
  kept: string,
  requireFree: () => Promise<void>,
): Promise<void> {
  if (existsSync(place)) await link(place, kept).catch(() => copyAside(place, kept, requireFree));
}

/** A database that is gone may have left these, and the copy would read them as its own. */
async function moveWhatIsBeside(from: string, to: string): Promise<void> {
  for (const end of ['-wal', '-shm'])
    if (existsSync(from + end)) await rename(from + end, to + end);
}

/** A database with two names would not be opened: see `requireOneName`. */
async function putBack(place: string, kept: string): Promise<void> {
  await moveWhatIsBeside(kept, place);
  if (existsSync(place)) await rm(kept, { force: true });
}

/**
 * A disk may have no links of this kind, such as exFAT. To copy takes minutes where the database is large, and a command that comes
 * meanwhile may write what the copy lacks.
 */
async function copyAside(
  place: string,
  kept: string,
  requireFree: () => Promise<void>,
): Promise<void> {
  const { mtimeMs } = await stat(place);
  try {
    await writeNew(kept, createReadStream(place));
    await requireFree();
    if ((await stat(place)).mtimeMs !== mtimeMs)
      throw new CannotRestore(
        `something changed ${place} during the restore; stop it, and restore again`,
      );
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await rm(kept, { force: true });
    throw error;
  }
}

/** Root restores for the user that Latchkey runs as. @param like a file or folder of that user */
function givesTo(like: string): (file: string) => Promise<void> {
  return async (file) => {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(like);
    await chown(file, uid, gid);
  };
}
