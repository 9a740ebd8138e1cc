import { readSettings } from '../../config/config.ts';
import { dataFolder, inheritedEnvironment, loadEnvironment } from '../../config/environment.ts';
import { doctorCommand } from '../doctor.ts';
import { terminal } from '../output.ts';
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
      if (usesSqlite) await readySqlite(output);
      return doctorCommand({}, { settings: readSettings(), now: () => new Date() }, output);
    },
  });
}
