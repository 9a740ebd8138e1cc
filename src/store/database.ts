import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { types } from 'pg';

/** How long a SQLite connection waits for another process' write before it fails; writes take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** A writer that waits longer than this many busy timeouts has met a process that hangs. */
const BEGIN_TRIES = 3;

/** PostgreSQL connections per process: more than the work that runs side by side never needs. */
const POSTGRES_POOL = { min: 0, max: 10 };

/** PostgreSQL's type number of bigint, which `pg` reads as text, since not every bigint fits a number; ours (times, counts) do. */
const BIGINT = 20;

class DatabaseUrlError extends Error {
  readonly code = 'bad-database-url';
  constructor() {
    super(
      'The database address must look like sqlite:./data/latchkey.sqlite or postgres://user:password@host/name',
    );
    this.name = 'DatabaseUrlError';
  }
}

/** The file behind a `sqlite:` address, as an absolute path; undefined for PostgreSQL. @throws {DatabaseUrlError} */
export function sqliteFile(url: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(url)) {
    return undefined;
  }
  const path = /^sqlite:(?<path>.+)$/.exec(url)?.groups?.['path'];
  if (path === undefined) {
    throw new DatabaseUrlError();
  }
  return resolve(path);
}

/**
 * Opens the database; nothing is connected before the first query. The caller ends it with `destroy()`.
 *
 * @param url `sqlite:<path>`, whose directory is made if it is missing, or `postgres://…`.
 * @throws {DatabaseUrlError}
 */
export function openDatabase(url: string): Knex {
  const filename = sqliteFile(url);
  return filename === undefined ? openPostgres(url) : openSqlite(filename);
}

export function dialectOf(db: Knex): 'sqlite' | 'postgres' {
  return db.client.driverName === 'pg' ? 'postgres' : 'sqlite';
}

/** The address that a PostgreSQL database was opened with, for libraries with connections of their own. */
export function postgresAddress(db: Knex): string {
  const { connectionString } = db.client.connectionSettings as PostgresConnection; // `openPostgres` put it there.
  return connectionString;
}

/**
 * Runs `work` in a transaction: all of it happens or nothing, and nobody else's write comes in between.
 *
 * @param tries how often beginning is tried where another process keeps writing; each try waits for SQLite's whole
 *   busy timeout. Only the beginning is repeated, never `work`, so nothing of it can happen twice.
 */
export async function inTransaction<T>(
  db: Knex,
  work: (tx: Knex.Transaction) => Promise<T>,
  tries = BEGIN_TRIES,
): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    let begun = false;
    try {
      return await db.transaction(async (tx) => {
        begun = true;
        return work(tx);
      });
    } catch (error) {
      if (begun || left === 0 || !isBusy(error)) {
        throw error;
      }
    }
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

type Parser = (value: string) => unknown;
interface PostgresConnection {
  readonly connectionString: string;
  readonly types: { getTypeParser(oid: number, format?: 'text' | 'binary'): Parser };
}

const parserOf = types.getTypeParser as PostgresConnection['types']['getTypeParser'];

function openPostgres(connectionString: string): Knex {
  return createKnex({
    client: 'pg',
    connection: {
      connectionString,
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === BIGINT && format !== 'binary' ? Number : parserOf(oid, format),
      },
    } satisfies PostgresConnection as Knex.PgConnectionConfig,
    pool: POSTGRES_POOL,
    compileSqlOnError: false,
    log: silent,
  });
}

/** Knex would print warnings past the log; whatever matters is thrown as well. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

function openSqlite(filename: string): Knex {
  mkdirSync(dirname(filename), { recursive: true });
  const db = createKnex({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    // Errors name the statement with its placeholders, never with the values.
    compileSqlOnError: false,
    log: silent,
    // One connection: SQLite has one writer anyway, and a transaction must not be interleaved.
    pool: { min: 1, max: 1, afterCreate: prepare },
  });
  mendTransactions(db);
  return db;
}

interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

function prepare(
  connection: SqliteConnection,
  done: (error: Error | null, connection: SqliteConnection) => void,
) {
  connection.exec(
    `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
     PRAGMA journal_mode = WAL;
     PRAGMA synchronous = FULL;
     PRAGMA foreign_keys = ON;`,
    (error) => done(error, connection),
  );
}

/** What of Knex is used below; its types leave it open. */
interface KnexClient {
  transaction: (this: unknown, ...args: unknown[]) => KnexTransaction;
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

/**
 * Makes every transaction of this database begin IMMEDIATE, and end whatever happens.
 *
 * Knex begins a deferred one, which takes no lock until it writes; where it has read and another process has committed
 * since, that write fails at once with SQLITE_BUSY, whatever the timeout. An immediate one waits its turn at the start
 * and can't fail later. A begin that fails rejects, so that the work is never called (Knex itself would call it).
 *
 * A COMMIT that fails leaves SQLite's transaction open, and Knex would give that connection, the only one, to whoever
 * comes next: here the commit rejects, and Knex rolls back. A full disk or a broken one may have rolled back already,
 * so a ROLLBACK that fails is nothing, and must not hide the error that led to it.
 */
function mendTransactions(db: Knex): void {
  const client = db.client as KnexClient;
  const makeTransaction = client.transaction;
  client.transaction = function transaction(this: unknown, ...args: unknown[]): KnexTransaction {
    const made = makeTransaction.apply(this, args);
    /* oxlint-disable no-underscore-dangle -- the names are Knex's */
    made.begin = (connection) => made.trxClient.query(connection, 'BEGIN IMMEDIATE;');
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
