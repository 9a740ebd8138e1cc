/** Vitest's global setup: a migrated SQLite file, and one PostgreSQL server for the whole run with a migrated database, for tests to copy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { MIGRATED_FILE } from '../company/migrated-file.ts';
import { startPostgres } from '../peers/embedded-postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file of the migrated SQLite database. */
    readonly sqliteTemplate: string;
    /** Where the server is, or why there is none: then the tests that need it fail, and no others. */
    readonly postgres:
      | { readonly admin: string; readonly template: string; readonly socket: string | undefined }
      | { readonly problem: string };
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-templates-'));
  const file = join(folder, 'latchkey.sqlite');
  await migrated(`sqlite:${file}`);
  project.provide('sqliteTemplate', file);
  process.env[MIGRATED_FILE] = file; // Workers inherit it.
  const stopPostgres = await providePostgres(project);
  return async () => {
    await stopPostgres();
    await rm(folder, { recursive: true, force: true });
  };
}

async function providePostgres(project: TestProject): Promise<() => Promise<void>> {
  try {
    const server = await startPostgres();
    const template = 'latchkey_template';
    await migrated(await server.createDatabase(template));
    const admin = await server.createDatabase('latchkey_admin');
    project.provide('postgres', { admin, template, socket: server.socket });
    return () => server.stop();
  } catch (error) {
    project.provide('postgres', {
      problem: error instanceof Error ? error.message : String(error),
    });
    return async () => undefined;
  }
}

async function migrated(url: string): Promise<void> {
  const db = openDatabase(url);
  await migrate(db);
  await db.destroy(); // SQLite puts its write-ahead log back into the file then.
}
