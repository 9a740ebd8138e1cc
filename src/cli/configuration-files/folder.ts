/** The folder with the files: reading no more of it than can be meant, and writing it as a whole. */
import { lstat, mkdir, mkdtemp, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  folders,
  kindOfFile,
  MANIFEST_SUFFIX,
  MARK_FILE,
  README_FILE,
} from '../../engine/configuration/file-names.ts';
import type { Files } from '../../engine/configuration/read-files.ts';
import { readManifestFile, whyUnreadable } from '../beginning-of.ts';
import { CommandError } from '../command-error.ts';

/** More than the most rules, bundles, sequences and integrations that anyone has. */
const MAX_FILES = 5000;
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
      if ((await lstat(join(root, path))).isSymbolicLink()) throw new Error('link');
      const text = await readManifestFile(join(root, path));
      characters += text.length;
      files.set(path, text);
    } catch (error) {
      wrong.push(
        `${path}: ${isLink(error) ? 'it is a link; put the file itself here' : whyUnreadable(error)}`,
      );
    }
    if (characters > MAX_CHARACTERS)
      throw new CommandError(
        `${folder} has more than ${MAX_CHARACTERS} characters; is it the right folder?`,
      );
  }
  if (wrong.length > 0)
    throw new CommandError(["these files can't be read", ...wrong].join('\n  '));
  return files;
}

const isLink = (error: unknown): boolean => error instanceof Error && error.message === 'link';

function whyNoFolder(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === 'ENOENT'
    ? 'there is no such folder; "latchkey export" writes one'
    : whyUnreadable(error);
}

/** Files that could be ours: JSON at the top and in our folders. Others, such as a README, are somebody else's business. */
async function pathsIn(root: string): Promise<readonly string[]> {
  const top = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    throw new CommandError(
      `${root}: ${code === 'ENOTDIR' ? 'this is a file; name its folder' : whyUnreadable(error)}`,
    );
  });
  const paths = top.flatMap(({ name }) => (isJson(name) ? [name] : []));
  for (const entry of top) {
    if (!ours.includes(entry.name)) continue;
    if (entry.isSymbolicLink())
      throw new CommandError(`${entry.name} is a link; put the folder itself here`);
    if (!entry.isDirectory()) continue;
    const names = await readdir(join(root, entry.name));
    paths.push(...names.filter(isJson).map((name) => `${entry.name}/${name}`));
  }
  return paths.toSorted();
}

const isJson = (name: string): boolean => name.endsWith('.json') && !name.startsWith('.');

export interface WrittenFolder {
  /** Files that were there and are no longer. */
  readonly removed: readonly string[];
  readonly isChanged: boolean;
}

/**
 * Writes all files into a new folder beside it, which then takes its place: a reader sees the one or the other.
 * @throws {CommandError} where the folder has files of others, or can't be written
 */
export async function writeFolder(folder: string, files: Files): Promise<WrittenFolder> {
  const root = await realpath(folder).catch(() => folder);
  const before = await ownFolder(root, folder);
  const removed = [...before.keys()].filter((path) => !files.has(path));
  const isChanged =
    removed.length > 0 || [...files].some(([path, text]) => before.get(path) !== text);
  if (!isChanged) return { removed, isChanged };
  const parent = dirname(root);
  let fresh = '';
  try {
    await mkdir(parent, { recursive: true });
    fresh = await mkdtemp(join(parent, `.${basename(root)}-`)); // 700
    for (const [path, text] of files) await writeNew(fresh, path, text);
    await takePlace(fresh, root);
  } catch (error) {
    if (fresh !== '') await rm(fresh, { recursive: true, force: true });
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new CommandError(
      `${folder} can't be written: ${String(error.code)}; name a folder that Latchkey may make and replace`,
    );
  }
  return { removed, isChanged };
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
  const old = `${fresh}-before`;
  const wasThere = await rename(root, old).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(fresh, root);
  } catch (error) {
    if (wasThere) await rename(old, root);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** What an export wrote there before; empty where there is no folder, or nothing in it. */
async function ownFolder(root: string, folder: string): Promise<Files> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw new CommandError(`${folder}: it is no folder that can be read; name another one`);
    },
  );
  const paths = entries.map((entry) => ({
    path: join(entry.parentPath, entry.name)
      .slice(root.length + 1)
      .replaceAll('\\', '/'),
    isFile: entry.isFile(),
    isFolder: entry.isDirectory(),
  }));
  const strange = paths.filter(({ path, isFile, isFolder }) =>
    isFolder ? !ours.includes(path) : !isFile || !isOurs(path),
  );
  const isMarked = paths.some(({ path }) => path === MARK_FILE);
  if (paths.length > 0 && (strange.length > 0 || !isMarked))
    throw new CommandError(
      `${folder} has files that aren't an export${strange.length > 0 ? `, such as ${strange[0]?.path}` : ''}; name a folder of its own, such as ${join(folder, 'latchkey')}`,
    );
  const files = new Map<string, string>();
  for (const { path, isFile } of paths)
    if (isFile) files.set(path, await readManifestFile(join(root, path)).catch(() => ''));
  return files;
}

const isOurs = (path: string): boolean =>
  path === MARK_FILE ||
  path === README_FILE ||
  kindOfFile(path) !== undefined ||
  (path.endsWith(MANIFEST_SUFFIX) && ours.includes(dirname(path)));
