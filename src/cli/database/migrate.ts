import { inSession } from '../session.ts';

/** `latchkey migrate`: opening a session already migrates the database. */
export const migrateCommand = (): Promise<void> =>
  inSession(async ({ output }) => output.line('The database is up to date.'), { create: true });
