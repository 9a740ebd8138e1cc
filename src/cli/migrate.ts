import { inSession } from './session.ts';

/** `latchkey migrate`: a session has the database up to date. */
export const migrateCommand = (): Promise<void> =>
  inSession(async ({ output }) => output.line('The database is up to date.'));
