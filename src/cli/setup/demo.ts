import { codeOf } from '../../core/error-code.ts';
import { openInMemory } from '../../store/database.ts';
import { CommandError } from '../command-error.ts';
import { terminal } from '../output.ts';
import { readySqlite } from './ready-sqlite.ts';

/** `latchkey demo [--empty] [--log]`, which `demo/demo.ts` reads from the command line, since a clone starts it by itself. */
export async function demoCommand(): Promise<void> {
  await readySqlite(terminal());
  await openInMemory().destroy(); // Says what is missing before anything is fetched or started.
  await import('../../../demo/demo.ts').catch((error: unknown) => {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandError('the demo is not installed here; it comes with the npm package');
  });
}
