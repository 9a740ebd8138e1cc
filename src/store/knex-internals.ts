/**
 * Everything here uses Knex's private parts, which its types leave open. `test/store/knex-internals.test.ts` fails when
 * they change.
 */
import type { Knex } from 'knex';
import { type Builder, StatementTexts } from './statement-texts-internals.ts';
import type { SendTogether, Together } from './together-internals.ts';
import { sqliteTogether } from './together-sqlite.ts';

/** The parts of a client of Knex that are used, and what `replaceRunQuery` adds. */
export interface KnexClient {
  readonly _query: RunQuery;
  readonly runner: MakeRunner;
  readonly queryCompiler: MakeCompiler;
  /** Runs one statement. A text has no values. */
  readonly query: (
    this: KnexClient,
    connection: unknown,
    query: KnexQuery | string,
  ) => Promise<KnexQuery>;
  positionBindings(sql: string): string;
  processResponse(query: KnexQuery, runner: KnexRunner): unknown;
  destroyRawConnection(connection: unknown): Promise<void>;
  readonly constructor: { readonly prototype: KnexClient };
  readonly driverName: string;
  readonly driver: unknown;
  readonly connectionSettings: unknown;
  transaction: (this: KnexClient, ...asked: TransactionAsked) => Promise<unknown>;
  queryBuilder(): Knex.QueryBuilder;
  emit(...event: readonly unknown[]): unknown;
  readonly config: unknown;
  readonly logger: unknown;
  readonly valueForUndefined: unknown;
  readonly version: unknown;
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  readonly sendTogether?: SendTogether;
  /** Of a transaction. */
  readonly transacting?: true;
  /** Of a transaction. */
  readonly together?: Together | undefined;
}
/** `outer` is the transaction that a savepoint is in. */
export type TransactionAsked = readonly [
  work: (tx: Knex.Transaction) => Promise<unknown>,
  config?: { readonly connection?: unknown; readonly isolationLevel?: string },
  outer?: object | null,
];
/** A compiled statement. The driver's answer goes into it. */
export interface KnexQuery {
  sql: string;
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
export const clientOf = (db: Knex): KnexClient => db.client as KnexClient; // Knex's type is `any`.

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

/** What runs every statement of a database, in transactions, too. `this` is the transaction's client there. */
export type RunQuery = (
  this: KnexClient,
  connection: unknown,
  query: KnexQuery,
) => Promise<KnexQuery>;

interface Replaced {
  readonly texts: StatementTexts;
  readonly runQuery: RunQuery;
  /** Sends what a transaction asks and writes at once. */
  readonly sendTogether: SendTogether;
}

export function replaceRunQuery(db: Knex, { texts, runQuery, sendTogether }: Replaced): void {
  replaceParts(db, (known) => ({
    async acquireConnection(this: KnexClient) {
      try {
        return await known.acquireConnection.call(this);
      } catch (error) {
        if (error instanceof Error) ofDatabases.add(error);
        throw error;
      }
    },
    _query: runQuery,
    query: shortQuery(db),
    runner: shortRunner(known.runner, texts),
    sendTogether,
  }));
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
 * Runs one statement in few awaits. Knex's own way emits six events, which nobody listens to, and takes twice as long as SQLite
 * itself for a row. What a transaction asks and writes at the same moment goes together.
 */
function shortRunner(makeRunner: MakeRunner, texts: StatementTexts): MakeRunner {
  return function runner(this: KnexClient, builder: KnexBuilder) {
    const made = makeRunner.call(this, builder);
    // oxlint-disable-next-line no-underscore-dangle -- the name is Knex's
    if (builder._single || builder.isRawInstance)
      made.run = () => {
        try {
          const query = builder.isRawInstance ? builder.toSQL() : texts.statementOf(builder);
          const answered = this.together?.run(builder, query) ?? runAlone(this, query);
          return answered.then((known) => this.processResponse(known, made));
        } catch (error) {
          return Promise.reject(error); // Knex makes no text of it.
        }
      };
    return made;
  };
}

async function runAlone(client: KnexClient, query: KnexQuery): Promise<KnexQuery> {
  const connection = await client.acquireConnection();
  try {
    return await client.query(connection, query);
  } finally {
    await client.releaseConnection(connection);
  }
}

/** Knex's own way makes copies of each statement for events and a log that nobody reads. */
const shortQuery = (db: Knex): KnexClient['query'] =>
  function shortly(this: KnexClient, connection, asked) {
    const query = typeof asked === 'string' ? { sql: asked, method: 'raw' } : asked;
    query.sql = this.positionBindings(query.sql);
    if (db.listenerCount('query') > 0) db.emit('query', { ...query });
    // oxlint-disable-next-line no-underscore-dangle -- the name is Knex's
    return this._query(connection, query);
  };

const ofDatabases = new WeakSet<Error>();

/** Whether a connection or a statement ended with it. Its code may be one of the network, which apps have, too. */
export const isOfDatabase = (error: Error): boolean => ofDatabases.has(error);

/** Names the statement with its placeholders, never with the values. */
export function naming<E extends Error>(error: E, { sql }: KnexQuery): E {
  ofDatabases.add(error);
  error.message = `${sql} - ${error.message}`;
  return error;
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
interface KeptStatement {
  readonly ready: Promise<SqliteStatement>;
  /** Left out: the library still prepares it. */
  statement?: SqliteStatement;
}
/** By their text, the one that was used last at the end. */
type Statements = Map<string, KeptStatement>;

/** Latchkey has some hundred statements. Lists of values of every length make more of them. */
const MAX_STATEMENTS = 300;

/** Of all SQLite databases of this process: their texts are the same. */
const sqliteTexts = new StatementTexts();

/**
 * Keeps the prepared statements of a SQLite database. Knex prepares a statement each time, which waits for the library's thread
 * once more and takes longer than most of our statements run. SQLite itself prepares a kept statement again when the schema
 * has changed.
 * @param beforeEach is called with each statement before it runs. Default: does nothing
 */
export function keepStatements(
  db: Knex,
  beforeEach: (sql: string) => void = () => undefined,
): void {
  const client = clientOf(db);
  const kept = new WeakMap<object, Statements>();
  const statementsOf = (connection: SqliteConnection): Statements => {
    const statements: Statements = kept.get(connection) ?? new Map();
    kept.set(connection, statements);
    return statements;
  };

  const { sendTogether, forgetTables, forgetWrites } = sqliteTogether();

  const keptFor = (sqlite: SqliteConnection, sql: string): KeptStatement => {
    const statements = statementsOf(sqlite);
    const found = statements.get(sql) ?? prepare(sqlite, sql);
    statements.delete(sql);
    statements.set(sql, found);
    const [oldest] = statements.keys();
    if (statements.size > MAX_STATEMENTS && oldest !== undefined) void forget(statements, oldest);
    return found;
  };

  /** As Knex itself does it, which prepares the statement each time. */
  const runKept = (sqlite: SqliteConnection, query: KnexQuery): Promise<KnexQuery> =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        void forget(statementsOf(sqlite), query.sql); // SQLite may not commit while a statement stands where it failed.
        reject(naming(error, query));
      };
      const run = (statement: SqliteStatement): void =>
        statement[answerOf(query)](query.bindings ?? [], function done(error, rows) {
          if (error) return fail(error);
          query.response = rows;
          query.context = this;
          return resolve(query);
        });
      const { statement, ready } = keptFor(sqlite, query.sql);
      if (statement) run(statement);
      else ready.then(run).catch(fail);
    });

  const runQuery: RunQuery = (connection, query) => {
    const sqlite = connection as SqliteConnection; // Of this client's pool.
    beforeEach(query.sql);
    if (UNDOES.test(query.sql)) forgetWrites();
    return CHANGES_A_TABLE.test(query.sql)
      ? forgetTables((own) => runQuery.call(client, connection, own)).then(() =>
          runKept(sqlite, query),
        )
      : runKept(sqlite, query);
  };
  replaceRunQuery(db, { texts: sqliteTexts, runQuery, sendTogether });
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

export const ROLLBACK = 'ROLLBACK;';
/** Of a transaction, or of a savepoint in it. */
const UNDOES = /^ROLLBACK/;

/** Not what Latchkey makes for itself in a connection. */
const CHANGES_A_TABLE = /^(?:create|alter|drop) (?!temp |view if exists temp\.)/i;

function prepare(connection: SqliteConnection, sql: string): KeptStatement {
  const ready = new Promise<SqliteStatement>((resolve, reject) => {
    const statement = connection.prepare(sql, (error) => {
      if (error) reject(error);
      else resolve((kept.statement = statement));
    });
  });
  const kept: KeptStatement = { ready };
  return kept;
}

/** The library finalizes a statement after it has run. One that wasn't prepared has nothing to finalize. */
async function forget(statements: Statements, sql: string): Promise<void> {
  const prepared = statements.get(sql)?.ready.catch(() => undefined);
  statements.delete(sql);
  (await prepared)?.finalize();
}

/** The function of the library that gives what Knex reads of the answer: rows, or what was changed. */
function answerOf({ method, returning }: KnexQuery): 'all' | 'run' {
  if (method === 'counter' || method === 'del') return 'run';
  return (method === 'insert' || method === 'update') && !returning ? 'run' : 'all';
}
