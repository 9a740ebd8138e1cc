/**
 * Everything here uses Knex's private parts, which its types leave open. `test/store/knex-internals.test.ts` fails when
 * they change.
 */
import type { Knex } from 'knex';
import { type Builder, StatementTexts } from './statement-texts-internals.ts';
import { type SendTogether, Together } from './together-internals.ts';
import { postgresTogether } from './together-postgres.ts';
import { sqliteTogether } from './together-sqlite.ts';

interface KnexClient {
  readonly _query: RunQuery;
  readonly runner: MakeRunner;
  readonly queryCompiler: MakeCompiler;
  /** Of a transaction. */
  readonly transacting?: true;
  query(connection: unknown, query: KnexQuery): Promise<KnexQuery>;
  processResponse(query: KnexQuery, runner: KnexRunner): unknown;
  destroyRawConnection(connection: unknown): Promise<void>;
  readonly constructor: { readonly prototype: KnexClient };
  readonly driverName: string;
  readonly driver: unknown;
  readonly connectionSettings: unknown;
  transaction: (this: unknown, ...args: unknown[]) => KnexTransaction;
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
}
/** A compiled statement. The driver's answer goes into it. */
interface KnexQuery {
  readonly sql: string;
  /** Left out: of a BEGIN or the like. */
  readonly bindings?: readonly unknown[];
  readonly method: string;
  readonly returning?: unknown;
  options?: object;
  /** Made of several statements. */
  readonly isCombined?: true;
  response?: unknown;
  /** Of SQLite: has `changes` and `lastID`. */
  context?: unknown;
}
type MakeCompiler = (this: KnexClient, builder: object, bindings: unknown) => KnexCompiler;
interface KnexCompiler {
  /** Shared with the builder. */
  readonly single: { skipBinding?: { limit?: boolean } };
}
interface KnexTransaction {
  begin(connection: unknown): Promise<unknown>;
  commit(connection: unknown, value: unknown): Promise<unknown>;
  rollback(connection: unknown, error: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, query: string | KnexQuery): Promise<unknown> };
  _completed: boolean;
  _resolver(value: unknown): void;
  _rejecter(error: unknown): void;
}

const clientOf = (db: Knex): KnexClient => db.client as KnexClient; // Knex's type is `any`.

/** The package that Knex uses for the database: `pg` or `sqlite3`. */
export const driverNameOf = (db: Knex): string => clientOf(db).driverName;

/** That package, which Knex has loaded. */
export const driverOf = (db: Knex): unknown => clientOf(db).driver;

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
 *
 * Such a disk ends the transaction at a statement. Work that goes on after that error would write outside of any transaction, so
 * every later statement fails with the same error.
 */
export function mendTransactions(db: Knex, begin: (connection: unknown) => Promise<void>): void {
  const client = clientOf(db);
  const makeTransaction = client.transaction;
  client.transaction = function transaction(this: unknown, ...args: unknown[]): KnexTransaction {
    const made = makeTransaction.apply(this, args);
    /* oxlint-disable no-underscore-dangle -- the names are Knex's */
    made.begin = async (connection) => {
      await begin(connection);
      const { trxClient } = made;
      const runQuery = trxClient.query.bind(trxClient);
      let ended: Error | undefined;
      trxClient.query = async (on, query) => {
        if (ended && query !== ROLLBACK) throw ended;
        try {
          return await runQuery(on, query);
        } catch (error) {
          if (mayEndTransaction(error)) ended = error;
          throw error;
        }
      };
    };
    made.commit = async (connection, value) => {
      await made.trxClient.query(connection, 'COMMIT;');
      made._completed = true;
      made._resolver(value);
    };
    made.rollback = async (connection, error) => {
      await made.trxClient.query(connection, ROLLBACK).catch(() => undefined);
      made._completed = true;
      made._rejecter(error);
    };
    /* oxlint-enable no-underscore-dangle */
    return made;
  };
}

const ROLLBACK = 'ROLLBACK;';

/** SQLite rolls back by itself at some of these errors (sqlite.org/lang_transaction.html). */
const mayEndTransaction = (error: unknown): error is Error =>
  error instanceof Error &&
  'code' in error &&
  ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_NOMEM', 'SQLITE_INTERRUPT'].includes(String(error.code));

/** What runs every statement of a database, in transactions, too. `this` is the transaction's client there. */
type RunQuery = (this: KnexClient, connection: unknown, query: KnexQuery) => Promise<KnexQuery>;

/**
 * @param wrap gets what Knex itself would do
 * @param sendTogether sends what a transaction asks and writes at once
 */
function replaceRunQuery(
  db: Knex,
  wrap: (runQuery: RunQuery) => RunQuery,
  sendTogether: SendTogether,
): void {
  /* oxlint-disable no-underscore-dangle -- the name is Knex's */
  replaceParts(db, ({ _query: runQuery, runner: makeRunner }) => ({
    _query: wrap(runQuery),
    runner: shortRunner(makeRunner, sendTogether),
  }));
  /* oxlint-enable no-underscore-dangle */
}

/** @param partsFrom gets Knex's own, or what has replaced them */
function replaceParts(db: Knex, partsFrom: (known: KnexClient) => Partial<KnexClient>): void {
  const client = clientOf(db);
  const { prototype } = client.constructor;
  const parts = partsFrom(prototype);
  // Knex makes the client of each transaction from the prototype of this client's constructor.
  const constructor = { prototype: Object.assign(Object.create(prototype), parts) as KnexClient };
  Object.assign(client, parts, { constructor });
}

/**
 * Writes the number of a `limit` into the statement, where Knex would bind it. SQLite looks at that number while it plans, and so
 * prepares the whole statement again each time that it is bound, be it the same. Knex makes a whole number of every limit.
 */
function writeLimits(db: Knex): void {
  replaceParts(db, ({ queryCompiler: makeCompiler }) => ({
    queryCompiler(this: KnexClient, builder, bindings) {
      const compiler = makeCompiler.call(this, builder, bindings);
      compiler.single.skipBinding = { ...compiler.single.skipBinding, limit: true };
      return compiler;
    },
  }));
}

/** One statement, or several of a schema. */
interface KnexBuilder extends Builder {
  toSQL(): KnexQuery;
  /** Of a statement in SQL. */
  readonly isRawInstance?: true;
}
interface KnexRunner {
  run: () => Promise<unknown>;
}
type MakeRunner = (this: KnexClient, builder: KnexBuilder) => KnexRunner;

/**
 * Runs one statement in three awaits. Knex's own way emits six events, which nobody listens to, and takes twice as long as SQLite
 * itself for a row. What a transaction asks and writes at the same moment goes together.
 */
function shortRunner(makeRunner: MakeRunner, sendTogether: SendTogether): MakeRunner {
  const ofTransactions = new WeakMap<KnexClient, Together>();
  const texts = new StatementTexts();

  const runAlone = async (client: KnexClient, query: KnexQuery): Promise<KnexQuery> => {
    const connection = await client.acquireConnection();
    try {
      return await client.query(connection, query);
    } finally {
      await client.releaseConnection(connection);
    }
  };

  const togetherIn = (client: KnexClient): Together => {
    const known = ofTransactions.get(client);
    if (known) return known;
    const made = new Together(sendTogether, (query) => runAlone(client, query));
    ofTransactions.set(client, made);
    return made;
  };

  return function runner(this: KnexClient, builder: KnexBuilder) {
    const made = makeRunner.call(this, builder);
    // oxlint-disable-next-line no-underscore-dangle -- the name is Knex's
    if (builder._single || builder.isRawInstance)
      made.run = async () => {
        const query = builder.isRawInstance ? builder.toSQL() : texts.statementOf(builder);
        const answered = this.transacting
          ? await togetherIn(this).run(builder, query)
          : await runAlone(this, query);
        return this.processResponse(answered, made);
      };
    return made;
  };
}

interface SqliteStatement {
  all: RunStatement;
  run: RunStatement;
  finalize(): void;
}
type RunStatement = (
  bindings: readonly unknown[],
  done: (this: unknown, error: Error | null, rows?: readonly unknown[]) => void,
) => void;
interface SqliteConnection {
  prepare(sql: string, done: (error: Error | null) => void): SqliteStatement;
}
/** By their text, the one that was used last at the end. */
type Statements = Map<string, Promise<SqliteStatement>>;

/** Latchkey has some hundred statements. Lists of values of every length make more of them. */
const MAX_STATEMENTS = 300;

/**
 * Keeps the prepared statements of a SQLite database. Knex prepares a statement each time, which waits for the library's thread
 * once more and takes longer than most of our statements run. SQLite itself prepares a kept statement again when the schema
 * has changed.
 */
export function keepStatements(db: Knex): void {
  const client = clientOf(db);
  const kept = new WeakMap<object, Statements>();
  const statementsOf = (connection: SqliteConnection): Statements => {
    const statements: Statements = kept.get(connection) ?? new Map();
    kept.set(connection, statements);
    return statements;
  };

  const { sendTogether, forgetTables, forgetWrites } = sqliteTogether();

  const runQuery: RunQuery = async (connection, query) => {
    if (CHANGES_A_TABLE.test(query.sql))
      await forgetTables((own) => runQuery.call(client, connection, own));
    if (query.sql === ROLLBACK) forgetWrites();
    const sqlite = connection as SqliteConnection; // Of this client's pool.
    const statements = statementsOf(sqlite);
    const statement = statements.get(query.sql) ?? prepare(sqlite, query.sql);
    statements.delete(query.sql);
    statements.set(query.sql, statement);
    const [oldest] = statements.keys();
    if (statements.size > MAX_STATEMENTS && oldest !== undefined) void forget(statements, oldest);
    try {
      return await runPrepared(await statement, query);
    } catch (error) {
      void forget(statements, query.sql); // SQLite may not commit while a statement stands where it failed.
      throw error;
    }
  };
  replaceRunQuery(db, () => runQuery, sendTogether);
  writeLimits(db);

  const destroy = client.destroyRawConnection.bind(client);
  client.destroyRawConnection = async (connection) => {
    const statements = statementsOf(connection as SqliteConnection);
    // SQLite closes no connection that has statements.
    await Promise.all([...statements.keys()].map((sql) => forget(statements, sql)));
    forgetWrites();
    await destroy(connection);
  };
}

/** Not what Latchkey makes for itself in a connection. */
const CHANGES_A_TABLE = /^(?:create|alter|drop) (?!temp |view if exists temp\.)/i;

const prepare = (connection: SqliteConnection, sql: string): Promise<SqliteStatement> =>
  new Promise((resolve, reject) => {
    const statement = connection.prepare(sql, (error) =>
      error ? reject(error) : resolve(statement),
    );
  });

/** The library finalizes a statement after it has run. One that wasn't prepared has nothing to finalize. */
async function forget(statements: Statements, sql: string): Promise<void> {
  const prepared = statements.get(sql)?.catch(() => undefined);
  statements.delete(sql);
  (await prepared)?.finalize();
}

/** As Knex itself does it, which prepares the statement each time. */
const runPrepared = (statement: SqliteStatement, query: KnexQuery): Promise<KnexQuery> =>
  new Promise((resolve, reject) => {
    const { bindings = [], method, returning } = query;
    const isPlain = method === 'counter' || method === 'del';
    const runs = isPlain || ((method === 'insert' || method === 'update') && !returning);
    statement[runs ? 'run' : 'all'](bindings, function done(error, rows) {
      if (error) {
        reject(error);
        return;
      }
      query.response = rows;
      query.context = this;
      resolve(query);
    });
  });

/** Statements that a connection to PostgreSQL keeps prepared. The server keeps a plan of each. */
const MAX_NAMED = 300;
/** Of these, what was made of several and came again. There are more combinations than names. */
const MAX_COMBINED = 100;
/** As many may be waiting to come again. */
const MAX_SEEN = 1000;

/** Gives names to statements. */
class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seenOnce = new Set<string>();
  #combined = 0;

  of({ sql, isCombined }: Pick<KnexQuery, 'sql' | 'isCombined'>): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= MAX_NAMED) return known;
    if (isCombined && !this.#comesAgain(sql)) return undefined;
    const name = `latchkey_${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }

  #comesAgain(sql: string): boolean {
    if (this.#combined >= MAX_COMBINED) return false;
    if (this.#seenOnce.delete(sql)) {
      this.#combined += 1;
      return true;
    }
    if (this.#seenOnce.size >= MAX_SEEN) this.#seenOnce.clear();
    this.#seenOnce.add(sql);
    return false;
  }
}

/**
 * Names the statements of a PostgreSQL database, so that the server parses each of them once per connection. After the server
 * has refused one, statements have no names. Outside of a transaction it runs again: nothing of it has happened.
 */
export function nameStatements(db: Knex, isRefused: (error: unknown) => boolean): void {
  const names = new StatementNames();
  let isAllowed = true;
  replaceRunQuery(
    db,
    (runQuery) =>
      async function runNamed(connection, query) {
        // Without values there is nothing to plan.
        const hasValues = query.bindings !== undefined && query.bindings.length > 0;
        const name = hasValues && isAllowed ? names.of(query) : undefined;
        if (name === undefined) return runQuery.call(this, connection, query);
        try {
          const named = { ...query, options: { ...query.options, name } };
          return await runQuery.call(this, connection, named);
        } catch (error) {
          if (!isRefused(error)) throw error;
          isAllowed = false;
          if (this.transacting) throw error;
          return runQuery.call(this, connection, query);
        }
      },
    postgresTogether,
  );
}

/** PostgreSQL refuses every text with a NUL, and people, apps and addresses of pages may have one. */
const NUL = '\0';
/** Stands for what no text can hold, as where bytes are no UTF-8. */
const INSTEAD_OF_NUL = '\uFFFD';

/** Keeps NULs out of the values of a PostgreSQL database. Such a value finds nothing, since nothing is stored with it. */
export function keepNulsOut(db: Knex): void {
  /* oxlint-disable no-underscore-dangle -- the name is Knex's */
  replaceParts(db, ({ _query: runQuery }) => ({
    _query(this: KnexClient, connection: unknown, query: KnexQuery) {
      return runQuery.call(this, connection, withoutNuls(query));
    },
  }));
  /* oxlint-enable no-underscore-dangle */
}

const hasNul = (value: unknown): value is string =>
  typeof value === 'string' && value.includes(NUL);

function withoutNuls(query: KnexQuery): KnexQuery {
  if (!query.bindings?.some(hasNul)) return query;
  const bindings = query.bindings.map((value) =>
    hasNul(value) ? value.replaceAll(NUL, INSTEAD_OF_NUL) : value,
  );
  return { ...query, bindings };
}
