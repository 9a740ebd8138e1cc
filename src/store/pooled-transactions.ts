/** Whether a pooler stands before PostgreSQL that gives each transaction another of the server's connections. */
import type { Knex } from 'knex';
import type { Client } from 'pg';
import { dialectOf } from './database.ts';
import { onConnection } from './knex-internals.ts';

/** A pooler gives the connection that was free last, unless another client is faster. */
const TRIES = 5;
const WHO = 'select pg_backend_pid() as pid';

/** What such a pooler breaks, for an operator, without full stop. */
export const POOLED = {
  what: 'A pooler before PostgreSQL gives each transaction another connection. Latchkey hears too late of jobs that another process stores, and its settings of a session reach other clients',
  cure: 'Let the pooler keep sessions (PgBouncer: pool_mode = session for this database), or name the server itself in DATABASE_URL',
} as const;

/** Two clients that are connected at once talk to one process of the server: nothing but a pooler does that. */
export async function poolsTransactions(db: Knex): Promise<boolean> {
  if (dialectOf(db) === 'sqlite') return false;
  let isPooled = false;
  await onConnection(db, async (connection) => {
    for (let left = TRIES; left > 0 && !isPooled; left -= 1) {
      const { rows } = await (connection as Client).query<{ readonly pid: number }>(WHO);
      const other = await db.raw<{ readonly rows: readonly { readonly pid: number }[] }>(WHO);
      isPooled = rows[0]?.pid === other.rows[0]?.pid;
    }
  });
  return isPooled;
}
