import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import createKnex, { type Knex } from 'knex';
import type { Client, Pool } from 'pg';
import { codeOf } from '../core/error-code.ts';
import { makeFolder, requireNoFolder, requireOneName } from './folder.ts';
import { makeForOwner } from './for-owner.ts';
import {
  connectionSettingsOf,
  driverNameOf,
  driverOf,
  keepStatements,
  onConnection,
} from './knex-internals.ts';
import { nameStatements } from './postgres-statements.ts';
import { givesUpWhenSilent } from './silent-database.ts';
import { SqliteMissing } from './sqlite-missing.ts';
import { ownTransactions } from './transactions-internals.ts';

/**
 * What SQLite keeps of the file in memory, at most. Its own 2 MB are less than the pages that an import writes again and again:
 * names come in any order.
 */
const CACHE_KIB = 8192;

/** How long a SQLite connection waits for another process's write before it fails. Writes take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * How long SQLite itself waits for the write lock before a transaction tries again. It retries after 1, 2 and 5 ms, then
 * ever less often, up to every 100 ms. That would miss the 5 ms pauses of bulk writers (decision 27).
 */
const TURN_MS = 8;

/** After this many busy timeouts, the process that holds the lock must be hanging. */
const BEGIN_TRIES = 3;

/** PostgreSQL connections of each process. Its concurrent work never needs more. */
const POSTGRES_POOL_SIZE = 10;

/**
 * How long PostgreSQL may stay silent after a query before we close the connection. When a network drops packets, nobody
 * gets an error, and TCP repeats them for a quarter of an hour. Our statements take milliseconds, and wait no longer than
 * this for each other's rows.
 */
const SILENCE_MS = 30_000;

/** The time limit for a new connection. */
const CONNECT_MS = 10_000;

/** After this much silence the operating system checks that the other end still exists. */
const KEEP_ALIVE_MS = 10_000;

/** PostgreSQL's type number of bigint. `pg` reads it as text, since not every bigint fits a number. Ours (times, counts) do. */
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

/** The file of a `sqlite:` address, as an absolute path. Undefined for PostgreSQL. @throws {DatabaseUrlError} */
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
 * Opens the database. It connects at the first query. The caller ends it with `destroy()`.
 *
 * @param url `sqlite:<path>`, whose folder is created when it is missing, or `postgres://…`
 * @param silenceMs how long PostgreSQL may stay silent; `Infinity` for work without a time limit
 * @throws {DatabaseUrlError | SqliteMissing} or `EISDIR` where the file is a folder, `EMLINK` where it has another hard link
 */
export function openDatabase(url: string, silenceMs = SILENCE_MS): Knex {
  const filename = sqliteFile(url);
  if (filename === undefined) return openPostgres(url, silenceMs);
  requireNoFolder(filename);
  requireOneName(filename);
  // Only secrets are encrypted in the database, so only the owner may read a new folder.
  makeFolder(dirname(filename), 0o700);
  makeForOwner(filename);
  return openSqlite(filename);
}

/** An empty SQLite database in memory. It disappears with its one connection, which only `destroy()` closes. */
export const openInMemory = (): Knex => openSqlite(':memory:');

/** Runs SQL statements in order. SQLite only. */
export const runScript = (db: Knex, sql: string): Promise<void> =>
  onConnection(db, (connection) => {
    const sqlite = connection as SqliteConnection;
    return promisify(sqlite.exec.bind(sqlite))(sql);
  });

export function dialectOf(db: Knex): 'sqlite' | 'postgres' {
  return driverNameOf(db) === 'pg' ? 'postgres' : 'sqlite';
}

/** The address of an open PostgreSQL database, for libraries with their own connections. */
export const postgresAddress = (db: Knex): string => openedWith(db).connectionString;

/**
 * A pool of connections like the database's own, for a library with its own statements.
 * @param silenceMs how long the server may say nothing while a statement runs; as long as on the database's own where left out
 */
export function postgresPool(
  db: Knex,
  size: number,
  silenceMs: number = openedWith(db).silenceMs,
): Pool {
  const { connectionString } = openedWith(db);
  const giveUpWhenSilent = givesUpWhenSilent(silenceMs);
  const pool = new (packageOf(db).Pool)({
    connectionString,
    ...lively(silenceMs),
    max: size,
    async onConnect(client) {
      giveUpWhenSilent(client);
      await client.query(oursForASession(silenceMs));
    },
  });
  // The next query reports a lost connection. Without a listener, the error would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Knex loads it. So SQLite, which most have, starts without it. */
const packageOf = (db: Knex) =>
  driverOf(db) as {
    readonly Pool: typeof Pool;
    readonly types: PostgresConnection['types'];
  };

const openedWith = (db: Knex): PostgresConnection => connectionSettingsOf(db) as PostgresConnection; // `openPostgres` set it.

/** While another process keeps writing (SQLite). */
export interface Beginning {
  /** How often to begin. Each try waits for SQLite's whole busy timeout. */
  readonly tries?: number;
  /** Called after the first try, where another one follows. */
  readonly waits?: () => void;
}

/**
 * Runs `work` in a transaction: all of it happens or nothing, and no other write comes in between. Only the beginning is
 * retried, never `work`, so nothing of it can happen twice.
 */
export async function inTransaction<T>(
  db: Knex,
  work: (tx: Knex.Transaction) => Promise<T>,
  { tries = BEGIN_TRIES, waits }: Beginning = {},
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
      if (left === tries - 1) waits?.();
    }
  }
}

export const isBusy = (error: unknown): boolean => codeOf(error) === 'SQLITE_BUSY';

type Parser = (value: string) => unknown;
interface PostgresConnection {
  readonly connectionString: string;
  /** Our own setting; `pg` ignores it. */
  readonly silenceMs: number;
  readonly types: { getTypeParser(oid: number, format?: 'text' | 'binary'): Parser };
}

const lively = (silenceMs: number) => ({
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  connectionTimeoutMillis: Math.min(CONNECT_MS, silenceMs),
});

function openPostgres(connectionString: string, silenceMs: number): Knex {
  const giveUpWhenSilent = givesUpWhenSilent(silenceMs);
  const db: Knex = createKnex({
    client: 'pg',
    connection: {
      connectionString,
      silenceMs,
      ...lively(silenceMs),
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === BIGINT && format !== 'binary'
            ? Number
            : packageOf(db).types.getTypeParser(oid, format),
      },
    } satisfies PostgresConnection & ReturnType<typeof lively> as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: POSTGRES_POOL_SIZE,
      afterCreate(client: Client, done: (error: Error | null, client: Client) => void) {
        client.query(oursForASession(silenceMs), (error) => done(error, client));
        giveUpWhenSilent(client);
      },
    },
    compileSqlOnError: false,
    log: silent,
  });
  nameStatements(db, isUnknownStatement);
  ownTransactions(db);
  return db;
}

/**
 * Statements can't have names any more. A pooler gave a transaction another connection than the one that knows them (SQLSTATE
 * `invalid_sql_statement_name`, `duplicate_prepared_statement`), or a newer Latchkey has added a column while this one runs.
 */
export const isUnknownStatement = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === '26000' || error.code === '42P05' || error.message.includes(OTHER_COLUMNS));

const OTHER_COLUMNS = 'cached plan must not change result type';

/**
 * What a session is set to, whatever the server, the database or its user say; zero means never. We send it as a statement,
 * since a pooler may refuse a start parameter.
 *
 * - Transactions read what others have committed meanwhile; where they must not, they lock, or compare versions. Stricter ones
 *   would fail instead.
 * - Without an end to idle transactions the server would hold the rows of a vanished client's for hours.
 * - `pg` reads times in ISO's form alone; others come as nothing.
 * - Other limits are ours: a query that is silent for too long, and nothing for a migration.
 */
function oursForASession(silenceMs: number): string {
  const settings = {
    DateStyle: 'ISO',
    default_transaction_isolation: 'read committed',
    idle_in_transaction_session_timeout: Number.isFinite(silenceMs) ? silenceMs : 0,
    idle_session_timeout: 0,
    lock_timeout: 0,
    statement_timeout: 0,
    transaction_timeout: 0,
  };
  const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
  // An older server doesn't know all of them.
  return `select set_config(name, value, false)
    from (values ${values.join(', ')}) as ours (name, value) join pg_settings using (name)`;
}

/** Knex prints warnings past our log. Anything important is also thrown. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

function openSqlite(filename: string): Knex {
  const db = createSqlite({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    // Errors name the statement with its placeholders, never with the values.
    compileSqlOnError: false,
    // One connection, kept open: SQLite has one writer anyway, nothing may come in between a transaction, and a memory
    // database belongs to its connection.
    pool: { min: 1, max: 1, afterCreate: prepare },
  });
  /** Read once, and again when it may have changed: a statement takes a trip to the library's thread. */
  let timeout: number | undefined;
  ownTransactions(db, {
    async begin(connection) {
      const sqlite = connection as SqliteConnection; // As in `prepare`.
      timeout ??= await timeoutOf(sqlite);
      await beginImmediate(sqlite, timeout);
    },
    mayHaveEnded,
  });
  keepStatements(db, (sql) => {
    if (BUSY_TIMEOUT.test(sql)) timeout = undefined;
  });
  return db;
}

/** Knex loads the package when it is created. @throws {SqliteMissing} */
export function createSqlite(settings: Knex.Config): Knex {
  try {
    return createKnex({ ...settings, log: silent });
  } catch (error) {
    throw new SqliteMissing(error);
  }
}

interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
  get(
    sql: 'PRAGMA busy_timeout',
    done: (error: Error | null, row: { readonly timeout: number }) => void,
  ): void;
}

/** One that can't be set up is closed: the pool forgets it, and it would hold its lock on the file. */
export const setUp =
  (pragmas: string) =>
  (
    connection: SqliteConnection,
    done: (error: Error | null, connection: SqliteConnection) => void,
  ): void =>
    connection.exec(pragmas, (error) => {
      if (error) connection.close(() => done(error, connection));
      else done(null, connection);
    });

const prepare = setUp(
  `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
   PRAGMA journal_mode = WAL;
   PRAGMA synchronous = FULL;
   PRAGMA cache_size = -${CACHE_KIB};
   PRAGMA foreign_keys = ON;`,
);

/** SQLite rolls back by itself at some of these errors (sqlite.org/lang_transaction.html). */
const mayHaveEnded = (error: Error): boolean =>
  'code' in error &&
  ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_NOMEM', 'SQLITE_INTERRUPT'].includes(String(error.code));

const BUSY_TIMEOUT = /^pragma busy_timeout/i;

async function timeoutOf(connection: SqliteConnection): Promise<number> {
  const { timeout } = await promisify(connection.get.bind(connection))('PRAGMA busy_timeout');
  return timeout;
}

/** @param timeout the connection's own, in milliseconds: so long it waits for the write lock */
async function beginImmediate(connection: SqliteConnection, timeout: number): Promise<void> {
  const exec = (sql: string) =>
    new Promise<void>((done, failed) => {
      connection.exec(sql, (error) => (error ? failed(error) : done()));
    });
  const [brief, whole] = [Math.min(TURN_MS, timeout), timeout].map(
    (ms) => `PRAGMA busy_timeout = ${ms};`,
  );
  const until = performance.now() + timeout;
  for (;;) {
    try {
      await exec(`${brief} BEGIN IMMEDIATE; ${whole}`);
      return;
    } catch (error) {
      if (isBusy(error) && performance.now() < until) continue;
      await exec(`${whole}`);
      throw error;
    }
  }
}
