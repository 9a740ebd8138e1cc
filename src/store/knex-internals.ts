/**
 * Everything here uses Knex's private parts, which its types leave open. `test/store/knex-internals.test.ts` fails when
 * they change.
 */
import type { Knex } from 'knex';

interface KnexClient {
  readonly driverName: string;
  readonly connectionSettings: unknown;
  transaction: (this: unknown, ...args: unknown[]) => KnexTransaction;
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
}
interface KnexTransaction {
  begin(connection: unknown): Promise<unknown>;
  commit(connection: unknown, value: unknown): Promise<unknown>;
  rollback(connection: unknown, error: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
  _completed: boolean;
  _resolver(value: unknown): void;
  _rejecter(error: unknown): void;
}

const clientOf = (db: Knex): KnexClient => db.client as KnexClient; // Knex's type is `any`.

/** The library that Knex uses for the database: `pg` or `sqlite3`. */
export const driverOf = (db: Knex): string => clientOf(db).driverName;

/** The `connection` setting that the database was opened with. */
export const connectionSettingsOf = (db: Knex): unknown => clientOf(db).connectionSettings;

/** Runs `work` with one of the driver's own connections. */
export async function onConnection(
  db: Knex,
  work: (connection: unknown) => Promise<void>,
): Promise<void> {
  const client = clientOf(db);
  const connection = await client.acquireConnection();
  try {
    await work(connection);
  } finally {
    await client.releaseConnection(connection);
  }
}

/**
 * Makes every transaction of a SQLite database begin with `begin`, and always end.
 *
 * Knex begins a deferred transaction, which takes no lock until it writes. When it has read and another process has
 * committed since, that write fails at once with SQLITE_BUSY, whatever the timeout. An immediate transaction waits at the
 * start and can't fail later. When `begin` fails, this rejects and the work never runs. Knex itself would run it.
 *
 * A failed COMMIT leaves SQLite's transaction open, and Knex would give that only connection to the next caller. Here the
 * commit rejects, and Knex rolls back. A full or broken disk may have rolled back already, so we ignore a failed
 * ROLLBACK: it must not hide the original error.
 */
export function mendTransactions(db: Knex, begin: (connection: unknown) => Promise<void>): void {
  const client = clientOf(db);
  const makeTransaction = client.transaction;
  client.transaction = function transaction(this: unknown, ...args: unknown[]): KnexTransaction {
    const made = makeTransaction.apply(this, args);
    /* oxlint-disable no-underscore-dangle -- the names are Knex's */
    made.begin = begin;
    made.commit = async (connection, value) => {
      await made.trxClient.query(connection, 'COMMIT;');
      made._completed = true;
      made._resolver(value);
    };
    made.rollback = async (connection, error) => {
      await made.trxClient.query(connection, 'ROLLBACK;').catch(() => undefined);
      made._completed = true;
      made._rejecter(error);
    };
    /* oxlint-enable no-underscore-dangle */
    return made;
  };
}
