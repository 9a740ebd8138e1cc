/** The database that Latchkey 0.2.0 left (`scripts/fixture-0.2.0.js` says what is in it), on either server. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { AnyJob } from '../../../src/engine/ports/jobs.ts';
import { openDatabase, runScript } from '../../../src/store/database.ts';
import { migrate, migrations } from '../../../src/store/migrations.ts';
import { createJobDriver } from '../../../src/store/queue/job-driver.ts';
import { insertRows } from '../../../src/store/work/insert-rows.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/0.2.0');

/** `LATCHKEY_KEYS` */
export const KEY_OF_0_2_0 = Buffer.from('the key of the fixture of 0.2.0!').toString('base64url');

const LAST_MIGRATION = '0116-queue';

/** The migrations that 0.2.0 has. */
const migrationsOf020 = Object.fromEntries(
  Object.entries(migrations).filter(([name]) => name <= LAST_MIGRATION),
);

/** @param db an empty SQLite database */
export const load020 = async (db: Knex): Promise<void> =>
  runScript(db, await readFile(join(FOLDER, 'latchkey.sql'), 'utf8'));

interface Rows {
  readonly tables: Readonly<
    Record<string, readonly Readonly<Record<string, string | number | null>>[]>
  >;
  readonly jobs: readonly (Pick<AnyJob, 'name' | 'lane'> & {
    /** JSON. */
    readonly payload: string;
    readonly key: string | null;
    readonly due_at: number;
  })[];
}

/** @param url of an empty PostgreSQL database */
export async function load020IntoPostgres(url: string): Promise<void> {
  const { tables, jobs } = JSON.parse(await readFile(join(FOLDER, 'rows.json'), 'utf8')) as Rows;
  const db = openDatabase(url);
  await migrate(db, migrationsOf020);
  await db.transaction(async (tx) => {
    for (const [table, rows] of Object.entries(tables)) await insertRows(tx, table, rows);
    const queue = createJobDriver(db).createQueue(tx, () => new Date());
    for (const { name, payload, lane, key, due_at: dueAt } of jobs)
      await queue.push(name, JSON.parse(payload), {
        lane,
        dueAt: new Date(dueAt),
        ...(key !== null && { key }),
      });
  });
  await db.destroy();
}
