import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../core/error-code.ts';
import { newId } from '../../core/ids.ts';
import type { RandomBytes } from '../../engine/ports/time-and-chance.ts';
import { makeFolder, syncFolder } from '../folder.ts';
import { KEY_BYTES } from './vault.ts';

/** Its message names the file and says how to fix the problem. */
export class KeyFileError extends Error {
  readonly code = 'bad-key-file';
  constructor(message: string) {
    super(message);
    this.name = 'KeyFileError';
  }
}

const noKeyIn = (path: string): KeyFileError =>
  new KeyFileError(
    `${path} does not hold a key of ${KEY_BYTES} bytes in base64url; restore it from a backup`,
  );

/** Errors for a file that exists but can't be read. */
const UNREADABLE = ['EACCES', 'EPERM', 'EISDIR'];

/** The path of a SQLite database's default key. */
export const keyFileBeside = (databaseFile: string): string => `${databaseFile}.key`;

/**
 * Reads the key at `path`, or creates one there that only its owner can read. When several processes start at once, one
 * creates the key and all read it. We write it to another file and then link it to its place. The link fails when a file
 * exists there, so nobody ever reads half a key.
 *
 * @returns the key, and whether this call created it (then tell the operator to back it up)
 * @throws {KeyFileError} when the file exists but can't be read, or holds no key
 */
export async function defaultKey(
  path: string,
  random: RandomBytes,
): Promise<{ readonly key: Uint8Array; readonly created: boolean }> {
  const existing = await readKeyFile(path);
  if (existing !== undefined) {
    return { key: existing, created: false };
  }
  const created = await makeKey(path, random);
  const key = await readKeyFile(path);
  if (key === undefined) {
    throw noKeyIn(path);
  }
  return { key, created };
}

/**
 * The key at `path`. Undefined without a file. @throws {KeyFileError} when the file exists but can't be read, or holds no
 * key.
 */
export async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  const text = await readFile(path, 'utf8').catch(unless('ENOENT')).catch(unreadable(path));
  if (text === undefined) {
    return undefined;
  }
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length !== KEY_BYTES) {
    throw noKeyIn(path);
  }
  return Uint8Array.from(key);
}

async function makeKey(path: string, random: RandomBytes): Promise<boolean> {
  makeFolder(dirname(path), 0o700);
  return writeKeyFile(path, random(KEY_BYTES));
}

/**
 * Writes a key for its owner alone: whole, or not at all. The disk has it before we use it: with a lost key every secret is lost.
 * @returns false where a file is there already, which stays
 */
export async function writeKeyFile(path: string, key: Uint8Array): Promise<boolean> {
  const aside = `${path}.${newId()}`;
  const text = `${Buffer.from(key).toString('base64url')}\n`;
  try {
    await writeDurably(aside, text);
    await link(aside, path).catch((error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error;
      return writeDurably(path, text); // A disk may have no hard links, such as exFAT.
    });
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    return unless('EEXIST')(error) ?? false;
  } finally {
    await rm(aside, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true }); // A full disk takes half of it.
    throw error;
  } finally {
    await file.close();
  }
}

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    const code = codeOf(error) ?? '';
    if (!UNREADABLE.includes(code)) throw error;
    throw new KeyFileError(
      `${path} can't be read (${code}); make it a file that Latchkey's user owns, with mode 600`,
    );
  };
}

/** Returns undefined for the one expected error. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (codeOf(error) === code) return undefined;
    throw error;
  };
}
