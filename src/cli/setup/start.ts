import { readSettings } from '../../config/config.ts';
import { sqliteFile } from '../../store/database.ts';
import { terminal } from '../output.ts';
import { readySqlite } from './ready-sqlite.ts';

/** `latchkey start`. What is wrong with the configuration, the main process says. */
export async function startCommand(): Promise<void> {
  const read = readSettings();
  if (read.ok && sqliteFile(read.config.databaseUrl) !== undefined) await readySqlite(terminal());
  await import('../../main.ts');
}
