import { type Config, problemText, readConfig } from '../config/config.ts';
import { loadEnvironment } from '../config/environment.ts';
import { sqliteFile } from '../store/database.ts';
import { isMissing } from '../store/folder.ts';
import { CommandError } from './command-error.ts';

/** @throws {CommandError} with every problem of the configuration */
export function configuration(): Config {
  const read = readConfig(loadEnvironment());
  if (read.ok) return read.config;
  throw new CommandError('the configuration has problems', read.problems.map(problemText));
}

/** The SQLite file that this configuration names, where that is not there. */
export function missingDatabase({ databaseUrl }: Pick<Config, 'databaseUrl'>): string | undefined {
  const file = sqliteFile(databaseUrl);
  return file !== undefined && isMissing(file) ? file : undefined;
}

/**
 * Opening a SQLite database would create it, with its folder and a key.
 * @throws {CommandError} where there is none
 */
export function requireDatabase(config: Pick<Config, 'databaseUrl'>): void {
  const missing = missingDatabase(config);
  if (missing !== undefined)
    throw new CommandError(
      `there is no Latchkey: ${missing} is missing. Name the folder of yours with --data, or begin a new one with "latchkey init" and "latchkey start"`,
    );
}
