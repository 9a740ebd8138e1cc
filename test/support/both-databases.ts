import { temporaryDatabase } from './database.ts';
import { temporaryPostgres } from './postgres.ts';

/** What `describe.each` goes over, for behaviour that has to be the same on either: each with what opens an empty one. */
export const bothDatabases = [
  ['SQLite', temporaryDatabase],
  ['PostgreSQL', temporaryPostgres],
] as const;
