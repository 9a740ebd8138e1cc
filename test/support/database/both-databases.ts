import { temporaryPostgres } from '../peers/postgres.ts';
import { temporaryDatabase } from './database.ts';

/** What `describe.each` goes over, for behaviour that has to be the same on either: each with what opens an empty one. */
export const bothDatabases = [
  ['SQLite', temporaryDatabase],
  ['PostgreSQL', temporaryPostgres],
] as const;
