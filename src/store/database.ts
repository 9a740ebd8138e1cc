import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import createKnex, { type Knex } from 'knex';
import { type Client, type ClientBase, Pool, types } from 'pg';
import { makeFolder } from './folder.ts';
import {
  connectionSettingsOf,
  driverOf,
  mendTransactions,
  onConnection,
} from './knex-internals.ts';
import { type ClientConnection, connectionOf } from './pg-internals.ts';

/** How long a SQLite connection waits for another process' write before it fails; writes take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * How long SQLite itself waits for its turn before a transaction asks again: it looks after 1, 2 and 5 ms, and then ever more
 * seldom, up to 100 ms, which would miss the 5 ms that bulk writers pause again and again (decision 27).
 */
const TURN_MS = 8;

/** A writer that waits longer than this many busy timeouts has met a process that hangs. */
const BEGIN_TRIES = 3;

/** PostgreSQL connections per process: more than the work that runs side by side never needs. */
const POSTGRES_POOL_SIZE = 10;

/**
 * How long PostgreSQL may say nothing to a question before its connection is given up: a network that swallows packets
 * tells nobody, and TCP itself repeats them for a quarter of an hour. Statements of ours take milliseconds, and wait for
 * each other's rows no longer.
 */
const SILENCE_MS = 30_000;

/** A connection that is not made by then is not made. */
const CONNECT_MS = 10_000;

/** After this the system asks whether the other end of a connection on which nothing is said is still there. */
const KEEP_ALIVE_MS = 10_000;

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
 * @param silenceMs how long PostgreSQL may say nothing; `Infinity` for what may take as long as it likes.
 * @throws {DatabaseUrlError}
 */
export function openDatabase(url: string, silenceMs = SILENCE_MS): Knex {
  const filename = sqliteFile(url);
  if (filename === undefined) return openPostgres(url, silenceMs);
  // What is in it is plain but for secrets: a folder that is made for it is its owner's alone.
  makeFolder(dirname(filename), 0o700);
  return openSqlite(filename);
}

/** An empty SQLite database that no disk holds. It is gone with its one connection, which `destroy()` alone ends. */
export const openInMemory = (): Knex => openSqlite(':memory:');

/** Runs statements of SQL one after the other, on SQLite alone. */
export const runScript = (db: Knex, sql: string): Promise<void> =>
  onConnection(db, (connection) => {
    const sqlite = connection as SqliteConnection;
    return promisify(sqlite.exec.bind(sqlite))(sql);
  });

export function dialectOf(db: Knex): 'sqlite' | 'postgres' {
  return driverOf(db) === 'pg' ? 'postgres' : 'sqlite';
}

/** The address that a PostgreSQL database was opened with, for libraries with connections of their own. */
export const postgresAddress = (db: Knex): string => openedWith(db).connectionString;

/** Connections of the same kind as the database's own, for a library that has its own statements. */
export function postgresPool(db: Knex, size: number): Pool {
  const { connectionString, silenceMs } = openedWith(db);
  const giveUpWhenSilent = givesUpWhenSilent(silenceMs);
  const pool = new Pool({
    connectionString,
    ...lively(silenceMs),
    max: size,
    async onConnect(client) {
      giveUpWhenSilent(client);
      await client.query(endsIdleTransactions(silenceMs));
    },
  });
  // A lost connection is told by the query that needs it; unheard, it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const openedWith = (db: Knex): PostgresConnection => connectionSettingsOf(db) as PostgresConnection; // `openPostgres` put it there.

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
  /** Ours: `pg` doesn't look at it. */
  readonly silenceMs: number;
  readonly types: { getTypeParser(oid: number, format?: 'text' | 'binary'): Parser };
}

const parserOf = types.getTypeParser as PostgresConnection['types']['getTypeParser'];

const lively = (silenceMs: number) => ({
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  connectionTimeoutMillis: Math.min(CONNECT_MS, silenceMs),
});

function openPostgres(connectionString: string, silenceMs: number): Knex {
  const giveUpWhenSilent = givesUpWhenSilent(silenceMs);
  return createKnex({
    client: 'pg',
    connection: {
      connectionString,
      silenceMs,
      ...lively(silenceMs),
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === BIGINT && format !== 'binary' ? Number : parserOf(oid, format),
      },
    } satisfies PostgresConnection & ReturnType<typeof lively> as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: POSTGRES_POOL_SIZE,
      afterCreate(client: Client, done: (error: Error | null, client: Client) => void) {
        client.query(endsIdleTransactions(silenceMs), (error) => done(error, client));
        giveUpWhenSilent(client);
      },
    },
    compileSqlOnError: false,
    log: silent,
  });
}

/**
 * The same from the other end: a transaction whose client has vanished would hold its rows for hours. Zero is never.
 * A statement and no start parameter, which a pooler in between may refuse.
 */
const endsIdleTransactions = (silenceMs: number): string =>
  `set idle_in_transaction_session_timeout = ${Number.isFinite(silenceMs) ? silenceMs : 0}`;

/**
 * Ends a connection of a pool on which a question was asked, or that is to end, and on which nothing is said any more: all
 * that waits for it fails at once. With it go those that lie idle and have said nothing for half as long: whoever asked on one of
 * them would wait as long again. Half, since a socket's time counts from the turn of the event loop, which may have begun long
 * before what was heard in it; and another connection is opened in no time.
 */
function givesUpWhenSilent(silenceMs: number): (client: ClientBase) => void {
  /** When each was last heard of, by the monotonic clock. */
  const heard = new Map<ClientConnection, number>();
  return (client) => {
    if (!Number.isFinite(silenceMs)) return;
    const connection = connectionOf(client);
    const { stream } = connection;
    const hear = () => void heard.set(connection, performance.now());
    hear();
    stream.on('data', hear).once('close', () => heard.delete(connection));
    stream.setTimeout(silenceMs).on('timeout', () => {
      if (connection.isIdle() && !stream.writableEnded) return;
      const silent = new SilentDatabase(silenceMs);
      const since = performance.now() - silenceMs / 2;
      // Those first: whoever hears of the one asks again at once.
      for (const [other, at] of heard)
        if (other.isIdle() && at <= since) other.stream.destroy(silent);
      stream.destroy(silent);
    });
  };
}

class SilentDatabase extends Error {
  readonly code = 'silent-database';
  constructor(silenceMs: number) {
    super(
      `The database has said nothing for ${silenceMs / 1000} seconds; the connection is given up`,
    );
    this.name = 'SilentDatabase';
  }
}

/** Knex would print warnings past the log; whatever matters is thrown as well. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

function openSqlite(filename: string): Knex {
  const db = createKnex({
    client: 'sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    // Errors name the statement with its placeholders, never with the values.
    compileSqlOnError: false,
    log: silent,
    // One connection, which stays: SQLite has one writer anyway, a transaction must not be interleaved, and what is in
    // memory is the connection's own.
    pool: { min: 1, max: 1, afterCreate: prepare },
  });
  mendTransactions(db, (connection) => beginImmediate(connection as SqliteConnection)); // As in `prepare`.
  return db;
}

interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
  get(
    sql: 'PRAGMA busy_timeout',
    done: (error: Error | null, row: { readonly timeout: number }) => void,
  ): void;
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

/** Waits for its turn as long as the connection may wait for anything. */
async function beginImmediate(connection: SqliteConnection): Promise<void> {
  const { timeout } = await promisify(connection.get.bind(connection))('PRAGMA busy_timeout');
  const exec = promisify(connection.exec.bind(connection));
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
