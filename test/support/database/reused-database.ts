/**
 * SQLite databases that serve one test after another. A new connection reads a schema of 240 tables and indexes and prepares each
 * statement once more, which is half of what a short test costs. So the connection stays, and its rows go.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Knex } from 'knex';
import { inject } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';

export interface ReusedDatabase {
  readonly url: string;
  readonly db: Knex;
  /** Ends `db`, which no other connection may outlive, and empties the database for the next test. */
  giveBack(): Promise<void>;
}

type Done = (error: Error | null) => void;

/** What the package `sqlite3` opens. */
interface Connection {
  prepare(sql: string, done: Done): Statement;
  exec(sql: string, done: Done): void;
  close(done: Done): void;
}
interface Statement {
  all(bindings: readonly unknown[], done: (error: Error | null, rows: unknown) => void): void;
  finalize(): void;
}

interface Kept {
  readonly file: string;
  readonly connection: Connection;
  readonly emptier: Emptier;
  readonly statements: Map<string, Statement>;
  /** Ends the connection, which `connection.close` does not while it rests. */
  readonly close: () => Promise<void>;
  /**
   * Copies what was written into the file, and waits for locks as the next test expects. It fails where the connection has left
   * something open.
   */
  readonly settle: () => Promise<void>;
  /** What every connection begins with, once it has run here. */
  settings?: string;
  /** Between two tests. */
  isResting: boolean;
  /** A test has closed it, or changed something other than rows. */
  isSpent: boolean;
}

/**
 * Removes rows by a connection of its own, which checks no references. Whether they are checked is a setting of the connection, and
 * after a change of it SQLite prepares each statement once more, too.
 */
interface Emptier {
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** More than Latchkey has; lists of every length make more of them. */
const MAX_STATEMENTS = 1000;

/**
 * Changes something other than rows, and for longer than a test. Every connection begins with its `busy_timeout`. A statement that
 * begins with EXPLAIN stands where it read, to its end: the connection would read no later state of the file, and could write nothing
 * once another connection has.
 */
const LASTING =
  /^\s*(pragma(?!\s+(busy_timeout|page_count)\b)|create(?!\s+temp\b)|drop|alter|attach|vacuum|reindex|analyze|explain)\b/i;

/** What a database asks once for each table. Nothing but a change that spends the connection could give another answer. */
const COLUMNS = 'select name from pragma_table_info(?)';

/** Of this worker. */
const free: Kept[] = [];

export async function reusedDatabase(): Promise<ReusedDatabase> {
  const kept = free.pop() ?? (await newDatabase());
  kept.isResting = false;
  const url = `sqlite:${kept.file}`;
  const db = openDatabase(url);
  Object.assign(db.client, { acquireRawConnection: async () => kept.connection });
  return {
    url,
    db,
    async giveBack() {
      kept.isResting = !kept.isSpent;
      await db.destroy();
      if (await isEmptied(kept)) free.push(kept);
      else await discard(kept);
    },
  };
}

async function newDatabase(): Promise<Kept> {
  const template = inject('sqliteTemplate');
  const file = join(dirname(template), `${randomUUID()}.sqlite`); // Removed with the template's folder.
  await copyFile(template, file);
  const opener = openDatabase(`sqlite:${file}`);
  const client = opener.client as { acquireRawConnection(): Promise<Connection> }; // Knex's type is `any`.
  const connection = await client.acquireRawConnection();
  const emptier = await emptierWith(await client.acquireRawConnection());
  const [prepare, exec, close] = (['prepare', 'exec', 'close'] as const).map((name) =>
    connection[name].bind(connection),
  ) as [Connection['prepare'], Connection['exec'], Connection['close']];
  const kept: Kept = {
    file,
    connection,
    emptier,
    statements: new Map(),
    close: promisify(close),
    settle() {
      // The settings aren't sent again; this one is all of them that a test may have changed.
      const [timeout = ''] = /^PRAGMA busy_timeout = \d+;/.exec(kept.settings ?? '') ?? [];
      return promisify(exec)(`${timeout} PRAGMA wal_checkpoint`);
    },
    isResting: false,
    isSpent: false,
  };
  const { statements } = kept;
  const watch = (sql: string): void => {
    if (LASTING.test(sql)) kept.isSpent = true;
  };
  connection.prepare = (sql, done) => {
    const known = statements.get(sql);
    if (known) {
      queueMicrotask(() => done(null));
      return known;
    }
    watch(sql);
    const statement = prepare(sql, done);
    if (sql === COLUMNS) rememberRows(statement, kept);
    const finalize = statement.finalize.bind(statement);
    statements.set(sql, statement);
    statement.finalize = () => {
      if (kept.isResting) return;
      statements.delete(sql);
      finalize();
    };
    return statement;
  };
  connection.exec = (sql, done) => {
    if (sql === kept.settings) return queueMicrotask(() => done(null));
    if (/^PRAGMA busy_timeout = \d+;\s+PRAGMA journal_mode/.test(sql)) kept.settings = sql;
    watch(sql);
    exec(sql, done);
  };
  connection.close = (done) => {
    if (kept.isResting) return done(null);
    kept.isSpent = true;
    close(done);
  };
  return kept;
}

/** Asks the database once for each binding. */
function rememberRows(statement: Statement, kept: Kept): void {
  const known = new Map<unknown, unknown>();
  const ask = statement.all.bind(statement);
  statement.all = (bindings, done) => {
    const [binding] = bindings;
    if (known.has(binding) && !kept.isSpent)
      return queueMicrotask(() => done.call(statement, null, known.get(binding)));
    ask(bindings, (error, rows) => {
      if (Array.isArray(rows) && rows.length > 0) known.set(binding, rows);
      done.call(statement, error, rows);
    });
  };
}

/** Removes all rows. @returns false where the database can't serve another test */
async function isEmptied(kept: Kept): Promise<boolean> {
  const { statements, isSpent } = kept;
  if (isSpent || statements.size > MAX_STATEMENTS) return false;
  try {
    // No checkpoint begins in a transaction.
    await kept.settle();
    await kept.emptier.empty();
    return true;
  } catch {
    return false; // A test has left something open in it.
  }
}

async function emptierWith(connection: Connection): Promise<Emptier> {
  await execute(connection, 'PRAGMA busy_timeout = 100; PRAGMA foreign_keys = OFF');
  const tables = await prepared(
    connection,
    `select name from sqlite_master where type = 'table' and name not like 'knex%' and name not like 'sqlite%'`,
  );
  const findRows = (await namesOf(tables))
    .map((name) => `select '${name}' as name where exists (select 1 from "${name}")`)
    .join(' union all ');
  tables.finalize();
  const filled = await prepared(connection, findRows);
  return {
    async empty() {
      const deletes = (await namesOf(filled)).map((name) => `DELETE FROM "${name}";`).join(' ');
      await execute(
        connection,
        `BEGIN IMMEDIATE; ${deletes} DELETE FROM sqlite_sequence WHERE name NOT LIKE 'knex%'; COMMIT`,
      );
    },
    async close() {
      filled.finalize();
      await promisify(connection.close.bind(connection))();
    },
  };
}

const execute = (connection: Connection, sql: string): Promise<void> =>
  promisify(connection.exec.bind(connection))(sql);

const prepared = (connection: Connection, sql: string): Promise<Statement> =>
  new Promise((resolve, reject) => {
    const statement = connection.prepare(sql, (error) =>
      error ? reject(error) : resolve(statement),
    );
  });

const namesOf = (statement: Statement): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    statement.all([], (error, rows) => {
      if (error) reject(error);
      else resolve((rows as { readonly name: string }[]).map(({ name }) => name));
    });
  });

async function discard(kept: Kept): Promise<void> {
  kept.isResting = false;
  for (const statement of kept.statements.values()) statement.finalize();
  await kept.close().catch(() => undefined); // A test may have closed it.
  await kept.emptier.close();
  for (const end of ['', '-wal', '-shm']) await rm(`${kept.file}${end}`, { force: true });
}
