/** A large file that a command makes: whole under its name, or not there. */
import { existsSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../../core/error-code.ts';
import { UNFINISHED } from '../../store/backup.ts';
import { makeFolder, renameToNew } from '../../store/folder.ts';
import { CommandError } from '../command-error.ts';
import { whyUnwritable } from '../unwritable.ts';

/**
 * Only its owner can read it. It gets its name when it is whole, so a process that is killed leaves none that looks like it.
 * @param path must not exist, so that we never overwrite one
 * @param note runs before anything is written: no file is without its audit entry
 * @throws {CommandError} when it can't be written
 */
export async function writeNew(
  path: string,
  content: Readable,
  note: () => Promise<void>,
): Promise<void> {
  const part = path + UNFINISHED;
  const refuse = (ifThere: string) => (error: unknown) => {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError(
      codeOf(error) === 'EEXIST'
        ? ifThere
        : `${path} ${whyUnwritable(error, 'name a file in a folder that Latchkey may write to')}`,
    );
  };
  const isTaken = `${path} is there already; choose a name that is not taken`;
  const file = await openNew(part).catch(
    refuse(
      `${part} is there: another command writes it just now, or was killed while it did. If none runs, remove that file and try again`,
    ),
  );
  try {
    // Only now: until then, another command could have put its own there.
    if (existsSync(path)) throw new CommandError(isTaken);
    await note();
    await pipeline(content, file.createWriteStream({ flush: true })).catch(refuse(isTaken));
    await renameToNew(part, path).catch(refuse(isTaken));
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

async function openNew(part: string): Promise<FileHandle> {
  makeFolder(dirname(part));
  return open(part, 'wx', 0o600);
}
