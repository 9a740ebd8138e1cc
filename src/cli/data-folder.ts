/** `--data FOLDER`, the folder that a command is about. */
import { join } from 'node:path';
import { dataFolder, outvotedDatabase, setDataFolder } from '../config/environment.ts';
import { CommandError } from './command-error.ts';

/**
 * What is written at the command line says which Latchkey is meant. The environment goes before `.env`, so with another
 * database there a command would work on that one.
 * @param command its name: `init` writes the file, and `demo` has no use for one
 * @throws {CommandError}
 */
export function useDataFolder(folder: string, command: string): void {
  if (command === 'demo')
    throw new CommandError(
      'the demo makes a folder of its own, which it forgets at the end; leave --data away',
    );
  setDataFolder(folder);
  const other = command === 'init' ? undefined : outvotedDatabase();
  if (other)
    throw new CommandError(
      `--data names ${dataFolder()}, whose database is ${placeOf(other.own)}, and DATABASE_URL in the environment is ${placeOf(other.counts)}. Unset DATABASE_URL, or write it into ${join(dataFolder(), '.env')}, or leave --data away`,
    );
}

/** Without a password. */
export function placeOf(database: string): string {
  if (database.startsWith('sqlite:')) return `SQLite (${database.slice('sqlite:'.length)})`;
  if (!database.startsWith('postgres') || !URL.canParse(database)) return 'one of another kind';
  const { host, pathname } = new URL(database);
  return `PostgreSQL (${host}${pathname})`;
}
