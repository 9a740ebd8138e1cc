/** A measurement on SQLite and on PostgreSQL, one after the other, each on an empty database that is gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';

/** @param name for people; the address is a `DATABASE_URL` */
export type Measure = (name: string, url: string) => Promise<readonly Figure[]>;

/**
 * @param args of the command line: with `sqlite` or `postgres` among them, on that one alone
 * @param isDurable whether PostgreSQL's commits reach the disk, as in production. Default: they do
 */
export async function onEachDatabase(
  args: readonly string[],
  measure: Measure,
  { isDurable = true }: { readonly isDurable?: boolean } = {},
): Promise<readonly Figure[]> {
  return [
    ...(args.includes('postgres') ? [] : await onSqlite(measure)),
    ...(args.includes('sqlite') ? [] : await onPostgres(measure, isDurable)),
  ];
}

async function onSqlite(measure: Measure): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  try {
    return await measure('SQLite', `sqlite:${join(folder, 'bench.sqlite')}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onPostgres(measure: Measure, isDurable: boolean): Promise<readonly Figure[]> {
  const { startPostgres } = await import('../../test/support/peers/embedded-postgres.ts');
  const server = await startPostgres(isDurable);
  try {
    return await measure('PostgreSQL', await server.createDatabase('bench'));
  } finally {
    await server.stop();
  }
}
