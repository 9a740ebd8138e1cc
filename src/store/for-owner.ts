/** Files with people's data: they are made for their owner alone, whatever the umask. */
import { closeSync, openSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { platform } from 'node:process';
import { keyFileBeside } from './vault/key-file.ts';

const OWNER_ONLY = 0o600;
/** The bits of a mode for group and others. */
const ANY_USE = 0o077;
const ENTER = 0o011;

/**
 * Makes an empty file where there is none, which SQLite takes for a new database; what SQLite makes beside it gets the same
 * mode. A file that is there isn't opened: closing it would drop the locks that SQLite holds on it in this process.
 */
export function makeForOwner(file: string): void {
  try {
    closeSync(openSync(file, 'wx', OWNER_ONLY));
  } catch {
    // It is there, or can't be made. SQLite says why.
  }
}

export interface OpenToOthers {
  /** For an operator, without full stop. */
  readonly what: string;
  readonly cure: string;
}

/**
 * Undefined: no mode lets other users of this machine open the database or what stands beside it, or they may not enter its
 * folder.
 * @param database it must exist
 */
export async function openToOthers(database: string): Promise<OpenToOthers | undefined> {
  if (platform === 'win32') return undefined; // Its rights are not in the mode.
  const file = await realpath(database);
  if (((await modeOf(dirname(file))) & ENTER) === 0) return undefined;
  const all = [file, `${file}-wal`, `${file}-shm`, keyFileBeside(file)];
  const modes = await Promise.all(all.map(modeOf));
  const open = all.filter((_, at) => ((modes[at] ?? 0) & ANY_USE) !== 0);
  const [first] = open;
  if (first === undefined) return undefined;
  const isKept = (path: string) => path === file || path === keyFileBeside(file);
  const commands = [
    ['chmod 600', open.filter(isKept)],
    // -f: the log of SQLite and its index go when the last program closes the database, such as the one that says this.
    ['chmod -f 600', open.filter((path) => !isKept(path))],
  ] as const;
  const mode = ((await modeOf(first)) & 0o777).toString(8);
  return {
    what: `The mode of ${first} (${mode}) lets other users of this machine open it, and it is there for Latchkey alone`,
    cure: `Run: ${commands
      .filter(([, paths]) => paths.length > 0)
      .map(([command, paths]) => [command, ...paths.map(quoted)].join(' '))
      .join('; ')}`,
  };
}

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/** A file that isn't there is open to nobody. */
const modeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ mode }) => mode,
    () => 0,
  );
