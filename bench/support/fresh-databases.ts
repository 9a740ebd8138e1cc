/** A migrated database for each play, in the place of the one before. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';

/** Migrated databases, one for each play. */
export interface Databases {
  /** The URL of a new one, in the place of the one before. */
  readonly create: () => Promise<string>;
  readonly end: () => Promise<void>;
}

export async function sqliteDatabases(): Promise<Databases> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-plays-'));
  const [template, file] = [join(folder, 'template.sqlite'), join(folder, 'play.sqlite')];
  await migrated(`sqlite:${template}`);
  return {
    async create() {
      await copyFile(template, file);
      return `sqlite:${file}`;
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function postgresDatabases(): Promise<Databases> {
  const { startPostgres } = await import('../../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres();
  await migrated(await server.createDatabase('template'));
  const url = await server.createDatabase('play');
  const admin = openDatabase(await server.createDatabase('admin'));
  return {
    async create() {
      await admin.raw('drop database play with (force)');
      await admin.raw('create database play template template');
      return url;
    },
    async end() {
      await admin.destroy();
      await server.stop();
    },
  };
}

async function migrated(url: string): Promise<void> {
  const db = openDatabase(url);
  await migrate(db);
  await db.destroy(); // SQLite puts its write-ahead log back into the file then.
}
