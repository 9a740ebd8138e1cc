/**
 * Transactions that cost little. Knex makes an object with a thousand functions and listeners for each, which is 88 KB of a run.
 * Here one is a client that has the connection, and a function that builds statements for it. Knex still has the connections, and
 * what is nested in a transaction (a savepoint) is Knex's own.
 *
 * This uses Knex's private parts; `test/store/transactions-internals.test.ts` fails when they change.
 */
import type { Knex } from 'knex';
import {
  clientOf,
  type KnexClient,
  type KnexQuery,
  ROLLBACK,
  type TransactionAsked,
} from './knex-internals.ts';
import { Together } from './together-internals.ts';

export interface Begin {
  /** Default: BEGIN. */
  readonly begin?: (connection: unknown) => Promise<unknown>;
  /** Whether the database may have ended the transaction itself at this error of a statement. Default: never. */
  readonly mayHaveEnded?: (error: Error) => boolean;
}

/**
 * Makes every transaction of a database begin with `begin`, and always end. When that fails, this rejects and the work never runs.
 *
 * - A failed COMMIT leaves SQLite's transaction open, and the next caller would get that connection. So it is rolled back.
 * - A full or broken disk may have rolled back already, so a failed ROLLBACK is ignored: it must not hide the original error.
 *   Work that goes on after that error would write outside of any transaction, so every later statement fails with it.
 * - What the work leaves running ends before the COMMIT or ROLLBACK, and what it begins later is refused.
 */
export function ownTransactions(db: Knex, { begin, mayHaveEnded = never }: Begin = {}): void {
  const client = clientOf(db);
  const { transaction: byKnex } = client;
  const start = begin ?? ((connection: unknown) => client.query(connection, 'BEGIN;'));
  let shared: object | undefined;
  client.transaction = async function transaction(this: KnexClient, ...asked) {
    const [work, given] = asked;
    // To change a table of SQLite, which has one connection, Knex gives the one that it has.
    if (given?.connection !== undefined) return byKnex.call(this, ...asked);
    // Where it was asked for, less would be a transaction that sees what it must not.
    if (given?.isolationLevel !== undefined)
      throw new RangeError('A transaction has no isolation level of its own');
    const connection = await client.acquireConnection();
    try {
      await start(connection);
      shared ??= partsOfTransactions(client);
      const open = new OpenTransaction(client, Object.create(shared) as TransactionClient, {
        connection,
        mayHaveEnded,
      });
      return await open.run(() => work(open.builderOf(db)));
    } finally {
      await client.releaseConnection(connection);
    }
  };
}

const never = (): boolean => false;

interface TransactionClient extends Omit<KnexClient, 'constructor'> {
  constructor: { readonly prototype: TransactionClient };
  open: OpenTransaction;
  together: Together | undefined;
}

/** What the clients of all transactions have. Knex copies the same for each. */
function partsOfTransactions(client: KnexClient): object {
  const { config, driver, connectionSettings, logger, valueForUndefined, version } = client;
  const { prototype } = client.constructor;
  return Object.assign(Object.create(prototype) as object, {
    config,
    driver,
    connectionSettings,
    logger,
    valueForUndefined,
    version,
    transacting: true,
    emit: (...event: readonly unknown[]) => client.emit(...event),
    async acquireConnection(this: TransactionClient) {
      return this.open.connection;
    },
    async releaseConnection() {},
    /** A savepoint, or a statement that changes a table: what `runner` runs has its turn already. */
    query(this: TransactionClient, _: unknown, query: KnexQuery | string) {
      const run = () => this.open.query(query);
      return this.together?.alone(run) ?? run();
    },
    transaction(this: TransactionClient, ...[work, given, outer]: TransactionAsked) {
      return prototype.transaction.call(this, work, given, outer ?? this.open.outer);
    },
  });
}

/** What Knex asks of the transaction that a savepoint is in. Those that begin at once take turns. */
interface Outer {
  _lastChild: Promise<unknown>;
  readonly isCompleted: () => boolean;
}

interface Held {
  readonly connection: unknown;
  readonly mayHaveEnded: (error: Error) => boolean;
}

/** Of `pg`. */
interface Answer {
  readonly command?: string;
}

class OpenTransaction {
  readonly connection: unknown;
  readonly outer: Outer = {
    _lastChild: Promise.resolve(),
    isCompleted: () => this.#isEnding || this.#over !== undefined,
  };
  readonly #outer: KnexClient;
  readonly #client: TransactionClient;
  readonly #mayHaveEnded: (error: Error) => boolean;
  /** Its COMMIT or ROLLBACK comes next, or has come. */
  #isEnding = false;
  /** The error with which the database may have ended it. No statement may run any more. */
  #over: Error | undefined;
  /** PostgreSQL refuses every statement of a transaction after one that failed, which this one was. */
  #cause: Error | undefined;

  constructor(outer: KnexClient, client: TransactionClient, { connection, mayHaveEnded }: Held) {
    const { sendTogether } = outer;
    this.connection = connection;
    this.#outer = outer;
    this.#client = client;
    this.#mayHaveEnded = mayHaveEnded;
    client.open = this;
    // Knex makes the client of a savepoint from it: its statements are this transaction's, too.
    client.constructor = { prototype: client };
    client.together = sendTogether && new Together(sendTogether, (query) => this.query(query));
  }

  /** What builds the statements of the transaction, as Knex's own does. */
  builderOf(db: Knex): Knex.Transaction {
    const client = this.#client;
    const builder = (table: string): unknown => client.queryBuilder().table(table);
    const context = Object.assign(Object.create(contextOf(db)) as object, { client });
    const { isCompleted } = this.outer;
    const parts = { context, isTransaction: true, isCompleted };
    return Object.assign(Object.setPrototypeOf(builder, db) as Knex.Transaction, parts);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#over) throw this.#over;
      const { response } = await this.#end('COMMIT;');
      // PostgreSQL's answer to a COMMIT after a statement that failed, however that was handled.
      if ((response as Answer | undefined)?.command === 'ROLLBACK')
        throw this.#cause ?? new NotCommitted();
      return result;
    } catch (error) {
      await this.#end(ROLLBACK).catch(() => undefined);
      throw error;
    }
  }

  query(query: KnexQuery | string): Promise<KnexQuery> {
    if (this.#over) return Promise.reject(this.#over);
    if (this.#isEnding) return Promise.reject(new TransactionEnded());
    const { query: run } = this.#outer.constructor.prototype;
    return run.call(this.#client, this.connection, query).catch((error: unknown) => {
      throw this.#noted(error);
    });
  }

  /** Where PostgreSQL only says that an earlier one failed, that one's error decides whether the transaction runs again. */
  #noted(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (this.#cause && 'code' in error && error.code === IS_FAILED) return this.#cause;
    this.#cause = error;
    if (this.#mayHaveEnded(error)) this.#over = error;
    return error;
  }

  async #end(sql: string): Promise<KnexQuery> {
    this.#isEnding = true;
    await this.#client.together?.ended();
    return this.#outer.query(this.connection, sql);
  }
}

/** PostgreSQL's `in_failed_sql_transaction`, which says nothing about what failed. */
const IS_FAILED = '25P02';

class TransactionEnded extends Error {
  readonly code = 'transaction-ended';
  constructor() {
    super('A statement came after the end of its transaction');
    this.name = 'TransactionEnded';
  }
}

class NotCommitted extends Error {
  readonly code = 'not-committed';
  constructor() {
    super('The database has rolled the transaction back in place of its COMMIT');
    this.name = 'NotCommitted';
  }
}

/** Knex's functions find their client there. */
const contextOf = (db: Knex): object => (db as Knex & { readonly context: object }).context;
