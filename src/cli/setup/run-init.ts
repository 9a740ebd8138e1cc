import { readSettings } from '../../config/config.ts';
import { dataFolder, inheritedEnvironment, loadEnvironment } from '../../config/environment.ts';
import { openInMemory } from '../../store/database.ts';
import { SqliteMissing } from '../../store/sqlite-missing.ts';
import { CommandError } from '../command-error.ts';
import { doctorCommand } from '../doctor.ts';
import { type Output, terminal } from '../output.ts';
import { initCommand } from './init.ts';
import type { InitOptions } from './init-answers.ts';
import { questionsInTerminal } from './questions.ts';
import { readySqlite } from './ready-sqlite.ts';

/** `latchkey init` in a terminal, for the data folder of this command. */
export function runInit(options: InitOptions): Promise<number> {
  const [output, folder] = [terminal(), dataFolder()];
  loadEnvironment(); // Says that .env can't be read before anything is asked.
  return initCommand(options, {
    folder,
    environment: inheritedEnvironment(),
    questions: process.stdin.isTTY ? questionsInTerminal : undefined,
    output,
    now: () => new Date(),
    async examine({ usesSqlite }) {
      const forSqlite = usesSqlite ? await toHaveSqlite(output) : undefined;
      const env = { settings: readSettings(), now: () => new Date() };
      return { code: await doctorCommand({}, env, output), forSqlite };
    },
  });
}

/** @returns what to do before SQLite can be used; undefined where it can be. The doctor gets that far only without other problems. */
async function toHaveSqlite(output: Output): Promise<string | undefined> {
  try {
    await readySqlite(output);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.error(error.message);
  }
  try {
    await openInMemory().destroy();
    return undefined;
  } catch (error) {
    if (error instanceof SqliteMissing) return error.message;
    throw error;
  }
}
