import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../core/error-code.ts';

/**
 * Creates a folder and its missing parents. Node's `recursive` option (up to 24 at least) never ends when a parent exists
 * but takes no folder, such as a link to a missing disk, or `/proc`.
 * @param mode of each created folder
 * @throws the system's error: `ENOENT` there, `ENOTDIR` below a file, `EACCES`, …
 */
export function makeFolder(path: string, mode = 0o777): void {
  const above = dirname(path);
  if (existsSync(path) || above === path) return; // The root of a missing disk can't be created.
  makeFolder(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process created it first, or it is a link to nowhere. The next use of the folder finds that.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** The file has that name after a power failure, too. Its content has to be on the disk before, or the name may hold nothing. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/**
 * The same, where nothing may have that name: what was made since one looked stays. A disk without hard links, such as exFAT, can only
 * look once more.
 * @throws `EEXIST`
 */
export async function renameToNew(from: string, to: string): Promise<void> {
  const isLinked = await link(from, to).then(
    () => true,
    () => false,
  );
  if (!isLinked && existsSync(to))
    throw Object.assign(new Error(`EEXIST: ${to}`), { code: 'EEXIST', syscall: 'link', path: to });
  await (isLinked ? rm(from) : rename(from, to));
  await syncFolder(dirname(to));
}

/** The names in it are on the disk then, where the system can do that: Windows opens no folder, and some disks sync none. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  try {
    await folder?.sync().catch(() => undefined);
  } finally {
    await folder?.close();
  }
}

/** A file that this user may not look at, as in a folder of another user, is not missing. */
export function isMissing(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}

/** A container makes a folder where the file that it is given is missing. @throws `EISDIR` */
export function requireNoFolder(file: string): void {
  if (!isFolder(file)) return;
  throw Object.assign(new Error(`EISDIR: ${file} is a folder`), { code: 'EISDIR', path: file });
}

/**
 * SQLite keeps its log beside the name that it opened, so two hard links of one file see other data and other locks.
 * @throws `EMLINK`, with the other name as `dest` where that is beside it
 */
export function requireOneName(file: string): void {
  if ((statOf(file)?.nlink ?? 0) <= 1) return;
  throw Object.assign(new Error(`EMLINK: ${file} has another name`), {
    code: 'EMLINK',
    path: file,
    dest: otherNameOf(file),
  });
}

/** In the same folder, where a restore that was killed leaves one. Undefined where it is elsewhere, or can't be looked for. */
function otherNameOf(file: string): string | undefined {
  try {
    const name = realpathSync(file);
    const { dev, ino } = statSync(name);
    const isOther = (each: string): boolean => {
      const found = lstatSync(each, { throwIfNoEntry: false });
      return each !== name && found?.ino === ino && found.dev === dev;
    };
    return readdirSync(dirname(name))
      .map((each) => join(dirname(name), each))
      .find(isOther);
  } catch {
    return undefined;
  }
}

const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false;

/** Undefined for what this user may not look at, too: opening it says why. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Why this user can't make a file there: the system's error. Undefined: they can. */
export function whyNotMade(file: string): unknown {
  const above = dirname(file);
  if (isMissing(above) && above !== file) return whyNotMade(above);
  try {
    accessSync(join(above, '/'), constants.W_OK | constants.X_OK); // The slash finds a file in place of the folder.
    return undefined;
  } catch (error) {
    return error;
  }
}
