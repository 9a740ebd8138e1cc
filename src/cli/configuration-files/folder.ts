/** The folder with the files: reading no more of it than can be meant, and writing it as a whole. */
import type { Dirent } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf } from '../../core/error-code.ts';
import {
  endingOf,
  folders,
  kindOfFile,
  MANIFEST_SUFFIX,
  MARK_FILE,
  nameMeant,
  README_FILE,
} from '../../engine/configuration/file-names.ts';
import type { Files } from '../../engine/configuration/read-files.ts';
import { isMissing, renameDurably, syncFolder } from '../../store/folder.ts';
import { readManifestFile, whyUnreadable } from '../beginning-of.ts';
import { CommandError } from '../command-error.ts';
import { whyUnwritable } from '../unwritable.ts';
import { inLine } from './lines.ts';

/** More than the most rules, bundles, sequences and integrations that anyone has. */
const MAX_FILES = 20_000;
/** Of all files together. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

const ours: readonly string[] = Object.values(folders);

/** @throws {CommandError} with all files that can't be read */
export async function readFolder(folder: string): Promise<Files> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw new CommandError(`${folder}: ${whyNoFolder(error)}`);
  });
  const paths = await pathsIn(root);
  if (paths.length > MAX_FILES)
    throw new CommandError(
      `${folder} has ${paths.length} files, and at most ${MAX_FILES} are read; is it the right folder?`,
    );
  const [files, wrong] = [new Map<string, string>(), [] as string[]];
  let characters = 0;
  for (const path of paths) {
    try {
      const found = await lstat(join(root, path));
      const meant = nameMeant(path);
      if (meant !== path) throw new NotAFile(`it is read only as ${meant}; rename it`);
      if (found.isSymbolicLink()) throw new NotAFile('it is a link; put the file itself here');
      if (found.isDirectory())
        throw new NotAFile(`it is a folder; put its files into ${dirname(path)}`);
      // Opening a pipe would wait for a program that writes to it.
      if (!found.isFile()) throw new NotAFile('it is no file; put a file here, or remove it');
      const text = await readManifestFile(join(root, path));
      characters += text.length;
      files.set(path, text);
    } catch (error) {
      const why = error instanceof NotAFile ? error.message : whyUnreadable(error);
      wrong.push(`${inLine(path)}: ${why}`);
    }
    if (characters > MAX_CHARACTERS)
      throw new CommandError(
        `${folder} has more than ${MAX_CHARACTERS} characters; is it the right folder?`,
      );
  }
  if (wrong.length > 0) throw new CommandError("these files can't be read", wrong);
  return files;
}

class NotAFile extends Error {
  readonly code = 'not-a-file';
}

function whyNoFolder(error: unknown): string {
  return codeOf(error) === 'ENOENT'
    ? 'there is no such folder; "latchkey export" writes one'
    : whyUnreadable(error);
}

/** Files that could be ours: JSON and YAML at the top and in our folders. Others, such as a README, are not ours. */
async function pathsIn(root: string): Promise<readonly string[]> {
  const top = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    throw new CommandError(
      `${root}: ${codeOf(error) === 'ENOTDIR' ? 'this is a file; name its folder' : whyUnreadable(error)}`,
    );
  });
  const paths = top.flatMap(({ name }) => (couldBeOurs(name) ? [name] : []));
  for (const entry of top) {
    const small = entry.name.toLowerCase();
    if (!ours.includes(small)) continue;
    if (small !== entry.name && entry.isDirectory())
      throw new CommandError(`${entry.name} has capitals; rename this folder to ${small}`);
    if (entry.isSymbolicLink())
      throw new CommandError(`${entry.name} is a link; put the folder itself here`);
    if (!entry.isDirectory()) continue;
    const entries = await readdir(join(root, entry.name), { withFileTypes: true });
    // A folder in ours is named as a mistake: its files would be passed over.
    const read = entries.filter((each) => couldBeOurs(each.name) || isPlainFolder(each));
    paths.push(...read.map(({ name }) => `${entry.name}/${name}`));
  }
  return paths.toSorted();
}

const isPlainFolder = (entry: Dirent): boolean =>
  entry.isDirectory() && !entry.name.startsWith('.');

const couldBeOurs = (name: string): boolean =>
  endingOf(nameMeant(name)) !== undefined && !name.startsWith('.');

export interface WrittenFolder {
  /** Files that were there and are no longer. */
  readonly removed: readonly string[];
  /** How many are new or other than before. */
  readonly written: number;
}

/**
 * Writes all files into a new folder beside it, which then takes its place: a reader sees the one or the other.
 * @param filesAfter what it has then, by what it has now
 * @throws {CommandError} where the folder has files of others, or can't be written
 */
export async function writeFolder(
  folder: string,
  filesAfter: (before: Files) => Files,
): Promise<WrittenFolder> {
  const root = await placeOf(folder);
  const refuse = (error: unknown): never => {
    if (codeOf(error) === undefined) throw error;
    throw new CommandError(
      `${folder} ${whyUnwritable(error, 'name a folder that Latchkey may make and replace')}`,
    );
  };
  await putBack(root).catch(refuse);
  const before = await ownFolder(root, folder);
  for (const path of await leftBeside(root)) await rm(path, { recursive: true, force: true });
  const files = filesAfter(before);
  const removed = [...before.keys()].filter((path) => !files.has(path));
  const isOther = ([path, text]: readonly [string, string]) => before.get(path) !== text;
  const written = [...files].filter(isOther).length;
  if (written + removed.length === 0) return { removed, written };
  const parent = dirname(root);
  let fresh = '';
  try {
    await mkdir(parent, { recursive: true });
    fresh = await mkdtemp(join(parent, `.${basename(root)}-`)); // 700
    // The mark comes first: by it, what a killed export leaves is known as ours.
    for (const path of new Set([MARK_FILE, ...files.keys()])) {
      const text = files.get(path) ?? '';
      const stays =
        before.get(path) === text && (await linked(join(root, path), join(fresh, path)));
      if (!stays) await writeNew(fresh, path, text);
    }
    const within = new Set([...files.keys()].map((path) => dirname(join(fresh, path))));
    for (const each of new Set([...within, fresh])) await syncFolder(each);
    await takePlace(fresh, root);
  } catch (error) {
    if (fresh !== '') await rm(fresh, { recursive: true, force: true });
    refuse(error);
  }
  return { removed, written };
}

/** A link stays one, also where what it leads to isn't there: an export that was killed may have left that beside it. */
const placeOf = (folder: string): Promise<string> =>
  realpath(folder).catch(() =>
    readlink(folder).then(
      (to) => resolve(dirname(folder), to),
      () => folder,
    ),
  );

/** What `takePlace` adds to the name of the folder that makes room. */
const BEFORE = '-before';
/** What `mkdtemp` adds to a name, and `takePlace`. */
const OF_OURS = /^[A-Za-z0-9]{6}(-before)?$/;

/** An export that was killed between the two renames of `takePlace` left no folder: what people wrote there is beside it. */
async function putBack(root: string): Promise<void> {
  if (!isMissing(root)) return;
  const old = (await leftBeside(root)).find((path) => path.endsWith(BEFORE));
  if (old !== undefined) await rename(old, root);
}

/** What exports that were killed left beside their folder. Of two exports at once, the earlier one fails. */
async function leftBeside(root: string): Promise<readonly string[]> {
  const prefix = `.${basename(root)}-`;
  const beside = await readdir(dirname(root), { withFileTypes: true }).catch(() => []);
  const left: string[] = [];
  for (const entry of beside) {
    const { name } = entry;
    if (!entry.isDirectory() || !name.startsWith(prefix)) continue;
    const path = join(dirname(root), name);
    if (OF_OURS.test(name.slice(prefix.length)) && (await isExport(path))) left.push(path);
  }
  return left;
}

const isExport = (path: string): Promise<boolean> =>
  ownFolder(path, path).then(
    () => true,
    () => false,
  );

/** The same file under a second name, with its time and its rights; false where the disk has no such links. */
async function linked(path: string, second: string): Promise<boolean> {
  await mkdir(dirname(second), { recursive: true, mode: 0o700 });
  return link(path, second).then(
    () => true,
    () => false,
  );
}

async function writeNew(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function takePlace(fresh: string, root: string): Promise<void> {
  const old = fresh + BEFORE;
  const wasThere = await rename(root, old).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await renameDurably(fresh, root);
  } catch (error) {
    if (wasThere) await rename(old, root);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** What an export wrote there before; empty where there is no folder, or nothing in it. Looks into no folder but ours. */
async function ownFolder(root: string, folder: string): Promise<Files> {
  const isOurFolder = (entry: Dirent) => entry.isDirectory() && ours.includes(entry.name);
  const refuseOthers = (strange: Dirent | undefined, within = '') => {
    if (strange === undefined) return;
    throw new CommandError(
      `${folder} has files that aren't an export, such as ${inLine(within + strange.name)}; ${cure(folder)}`,
    );
  };
  const top = await entriesIn(root, folder);
  refuseOthers(top.find((entry) => !isOurFolder(entry) && !(entry.isFile() && isOurs(entry.name))));
  if (top.length > 0 && !top.some(({ name }) => name === MARK_FILE))
    throw new CommandError(`${folder} has files that aren't an export; ${cure(folder)}`);
  const paths = top.flatMap((entry) => (entry.isFile() ? entry.name : []));
  for (const { name } of top.filter(isOurFolder)) {
    const entries = await entriesIn(join(root, name), folder);
    refuseOthers(
      entries.find((entry) => !entry.isFile() || !isOurs(`${name}/${entry.name}`)),
      `${name}/`,
    );
    paths.push(...entries.map((entry) => `${name}/${entry.name}`));
  }
  const files = new Map<string, string>();
  for (const path of paths)
    files.set(path, await readManifestFile(join(root, path)).catch(() => ''));
  return files;
}

const cure = (folder: string): string =>
  `name a folder of its own, such as ${join(folder, 'latchkey')}`;

const entriesIn = (root: string, folder: string): Promise<readonly Dirent[]> =>
  readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new CommandError(`${folder}: it is no folder that can be read; name another one`);
  });

const isOurs = (path: string): boolean =>
  path === MARK_FILE ||
  path === README_FILE ||
  kindOfFile(path) !== undefined ||
  (path.endsWith(MANIFEST_SUFFIX) && ours.includes(dirname(path)));
