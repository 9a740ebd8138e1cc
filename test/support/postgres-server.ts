/** Vitest's global setup: one PostgreSQL server for the whole run, with a migrated database to copy. */
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { startPostgres } from './embedded-postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the server is, or why there is none: then the tests that need it fail, and no others. */
    readonly postgres:
      | { readonly admin: string; readonly template: string }
      | { readonly problem: string };
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const server = await startPostgres();
    const template = 'latchkey_template';
    const db = openDatabase(await server.createDatabase(template));
    await migrate(db);
    await db.destroy();
    project.provide('postgres', { admin: await server.createDatabase('latchkey_admin'), template });
    return () => server.stop();
  } catch (error) {
    project.provide('postgres', {
      problem: error instanceof Error ? error.message : String(error),
    });
    return async () => undefined;
  }
}
