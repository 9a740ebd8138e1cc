/**
 * PostgreSQL's advisory locks, all of them: two with one number would wait for each other. Each is held until its transaction
 * ends. SQLite has one writer at a time and needs none.
 */
import type { Knex } from 'knex';
import { dialectOf } from './database.ts';

/** Any numbers work, as long as nothing else in the database locks them. */
export const ADVISORY_LOCKS = {
  migrations: 7_227_031,
  storedNames: 5_252_052,
  people: 5_252_053,
  rules: 5_252_054,
  ownedFields: 5_252_055,
  moving: 5_252_056,
} as const;

export async function holdLock(
  tx: Knex,
  name: keyof typeof ADVISORY_LOCKS,
  how: 'alone' | 'shared' = 'alone',
): Promise<void> {
  if (dialectOf(tx) === 'sqlite') return;
  const shared = how === 'shared' ? '_shared' : '';
  await tx.raw(`select pg_advisory_xact_lock${shared}(?)`, [ADVISORY_LOCKS[name]]);
}

/** PostgreSQL only. @returns whether it is held now; another transaction has it where not */
export async function tryLock(
  tx: Knex,
  name: keyof typeof ADVISORY_LOCKS,
  how: 'alone' | 'shared' = 'alone',
): Promise<boolean> {
  const shared = how === 'shared' ? '_shared' : '';
  const { rows } = await tx.raw<{ readonly rows: readonly { readonly held: boolean }[] }>(
    `select pg_try_advisory_xact_lock${shared}(?) as held`,
    [ADVISORY_LOCKS[name]],
  );
  return rows[0]?.held === true;
}

/** One of many, such as that of an account. @param words the first says what it is a lock of */
export async function holdLockOf(tx: Knex, words: readonly string[]): Promise<void> {
  if (dialectOf(tx) === 'sqlite') return;
  const text = JSON.stringify(words);
  await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [text]);
}
