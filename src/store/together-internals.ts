/**
 * What a transaction reads and writes at the same moment (`Promise.all`) goes to the database together, as one statement. A statement
 * costs a trip to the server, or to SQLite's thread, which takes longer than looking up a row or storing it.
 *
 * - A *query* is a plain select from one table: no join, no group, no aggregate, no lock that PostgreSQL would take. What is marked
 *   with `withOthers` is one, too.
 * - A *write* is a plain insert or update that reads nothing else and returns no rows. Those that go together are of different
 *   tables, and no query among them may see what they write.
 * - Anything else runs alone, after all that came before it.
 * - A query that waits already is not asked once more: both get its rows, which nobody may change.
 *
 * This uses Knex's private parts; `test/store/together-internals.test.ts` fails when they change.
 */
import { onceForText } from '../core/once-for.ts';

/** A compiled statement. The driver's answer goes into it. */
export interface Statement {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  readonly method: string;
  readonly returning?: unknown;
  /** Made of several. There are more of these than of others, and most don't come again. */
  readonly isCombined?: true;
  response?: unknown;
  /** Of SQLite: has `changes` and `lastID`. */
  context?: unknown;
}

const marked = new WeakSet<object>();

/**
 * Marks a call of a function, or a select with a lock. It then goes with what its transaction asks and writes at the same moment.
 * Where the lock has to wait, its own row is read after that, and everything else before.
 */
export function withOthers<B extends object>(builder: B): B {
  marked.add(builder);
  return builder;
}

export type Run = (statement: Statement) => Promise<Statement>;

export interface Query {
  readonly kind: 'query';
  readonly statement: Statement;
  readonly table: string;
  /** Empty: all of the table. */
  readonly columns: readonly string[];
  /** Whether its conditions are about other tables, too. */
  readonly readsOthers: boolean;
}

export interface Write {
  readonly kind: 'write';
  readonly statement: Statement;
  readonly table: string;
}

export interface SendTogether {
  /** False where a lock is nothing but a query. */
  readonly hasLocks: boolean;
  /**
   * Sends several queries and writes. The queries see the database as it was before the writes.
   * @returns what the driver would have answered to each query, and then to each write
   */
  readonly send: (
    queries: readonly Query[],
    writes: readonly Write[],
    run: Run,
  ) => Promise<readonly Answer[]>;
}

/** What a driver sets of a statement. */
export type Answer = Pick<Statement, 'response' | 'context'>;

interface Waiter {
  readonly statement: Statement;
  readonly resolve: (answered: Statement) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting<P> {
  readonly part: P;
  /** Several where they ask the same. */
  readonly waiters: Waiter[];
}

/** What one transaction reads and writes. */
export class Together {
  readonly #sendTogether: SendTogether;
  readonly #run: Run;
  #queries: Waiting<Query>[] = [];
  #writes: Waiting<Write>[] = [];
  /** Ends, and never fails, with the statement that was sent last. Undefined while none runs. */
  #sent: Promise<void> | undefined;

  /** @param run runs one statement in the transaction */
  constructor(sendTogether: SendTogether, run: Run) {
    this.#sendTogether = sendTogether;
    this.#run = run;
  }

  /** In the order in which they came, or so that nobody can tell. @param builder Knex's, which made the statement */
  run(builder: object, statement: Statement): Promise<Statement> {
    const { hasLocks } = this.#sendTogether;
    const part = asQuery(builder, statement, hasLocks) ?? asWrite(statement);
    if (!part) return this.alone(() => this.#run(statement));
    if (this.#isInOrder(part)) this.#sendAll();
    return this.#join(part);
  }

  /** What is no part of several, after all that came before it. */
  alone(run: () => Promise<Statement>): Promise<Statement> {
    this.#sendAll();
    return this.#inTurn(run);
  }

  /** Resolves when no statement runs any more. */
  async ended(): Promise<void> {
    await this.#sent;
  }

  /** Whether it has to come after the writes that wait. */
  #isInOrder(part: Query | Write): boolean {
    if (this.#writes.length === 0) return false;
    return (
      this.#writes.some((write) => write.part.table === part.table) ||
      (part.kind === 'query' && part.readsOthers)
    );
  }

  #join(part: Query | Write): Promise<Statement> {
    // When everything that can run now has run, since that may read or write, too.
    if (this.#queries.length + this.#writes.length === 0) process.nextTick(() => this.#sendAll());
    return new Promise((resolve, reject) => {
      const waiter = { statement: part.statement, resolve, reject };
      const same = part.kind === 'query' && this.#queries.find((each) => isSame(each.part, part));
      if (same) same.waiters.push(waiter);
      else if (part.kind === 'query') this.#queries.push({ part, waiters: [waiter] });
      else this.#writes.push({ part, waiters: [waiter] });
    });
  }

  #sendAll(): void {
    const [queries, writes] = [this.#queries, this.#writes];
    [this.#queries, this.#writes] = [[], []];
    const all = [...queries, ...writes];
    const [only] = all;
    if (!only) return;
    const send = async (): Promise<readonly Answer[]> =>
      all.length > 1
        ? this.#sendTogether.send(queries.map(partOf), writes.map(partOf), this.#run)
        : [await this.#run(only.part.statement)];
    this.#inTurn(send).then(
      (answers) => answerAll(all, answers),
      (error: unknown) => refuseAll(all, error),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#sent ? this.#sent.then(work) : work();
    const end = (): void => {
      if (this.#sent === sent) this.#sent = undefined;
    };
    const sent = done.then(end, end);
    this.#sent = sent;
    return done;
  }
}

const partOf = <P>({ part }: Waiting<P>): P => part;

function answerAll(all: readonly Waiting<unknown>[], answers: readonly Answer[]): void {
  for (const [at, { waiters }] of all.entries()) {
    const { response, context } = answers[at] ?? {};
    for (const { statement, resolve } of waiters) {
      statement.response = response;
      statement.context = context;
      resolve(statement);
    }
  }
}

function refuseAll(all: readonly Waiting<unknown>[], error: unknown): void {
  for (const { waiters } of all) for (const { reject } of waiters) reject(error);
}

/** A call of a function may do something, so each one counts. */
function isSame(one: Query, other: Query): boolean {
  if (one.table === '' || one.statement.sql !== other.statement.sql) return false;
  const [values = [], others = []] = [one.statement.bindings, other.statement.bindings];
  return values.every((value, at) => value === others[at]);
}

/** The parts of a select of Knex that are used. */
interface Select {
  readonly _single?: { readonly table?: unknown; readonly lock?: unknown };
  /** Of a statement in SQL. */
  readonly isRawInstance?: true;
  readonly _statements?: readonly {
    readonly grouping: string;
    /** Of a condition: how it was written. */
    readonly type?: string;
    readonly value?: unknown;
    /** Of an aggregate. */
    readonly method?: unknown;
  }[];
}

type Parts = NonNullable<Select['_statements']>;

const QUERIES: readonly string[] = ['select', 'first', 'pluck'];
const PLAIN_PARTS: readonly string[] = ['columns', 'where', 'order'];

function asQuery(builder: Select, statement: Statement, hasLocks: boolean): Query | undefined {
  /* oxlint-disable no-underscore-dangle -- the names are Knex's */
  const { _single: single, _statements: parts = [] } = builder;
  /* oxlint-enable no-underscore-dangle */
  const isMarked = marked.has(builder);
  if (isMarked && builder.isRawInstance)
    return { kind: 'query', statement, table: '', columns: [], readsOthers: false };
  if (!isName(single?.table)) return undefined;
  if (hasLocks && single.lock !== undefined && !isMarked) return undefined;
  if (!QUERIES.includes(statement.method)) return undefined;
  const columns = columnsOf(parts);
  if (!columns) return undefined;
  const { table } = single;
  return { kind: 'query', statement, table, columns, readsOthers: !readsOnlyItsTable(parts) };
}

/** @returns undefined where it is no plain select */
function columnsOf(parts: Parts): readonly string[] | undefined {
  const columns: string[] = [];
  for (const { grouping, value, method } of parts) {
    if (method !== undefined || !PLAIN_PARTS.includes(grouping)) return undefined;
    if (grouping !== 'columns') continue;
    for (const column of Array.isArray(value) ? value : [value]) {
      if (!isName(column)) return undefined;
      columns.push(column);
    }
  }
  return columns;
}

/** Conditions on a column and values. Others may be about another table. */
const PLAIN_CONDITIONS: readonly unknown[] = ['whereBasic', 'whereNull', 'whereIn'];

const readsOnlyItsTable = (parts: Parts): boolean =>
  parts.every(
    ({ grouping, type, value }) =>
      grouping !== 'where' ||
      (PLAIN_CONDITIONS.includes(type) && (Array.isArray(value) || !isObject(value))) ||
      (type === 'whereRaw' && OWN_STATE.test(String((value as { readonly sql: unknown }).sql))),
  );

/** As `stateIs` writes it. */
const OWN_STATE = /^state (?:= '[a-z-]+'|in \('[a-z-]+'(?:, '[a-z-]+')*\))$/;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const WRITE = /^(?:insert into|update) [`"](?<table>[a-z_]+)[`"] /;
/** More values make a statement of several, or a text, too large to keep. */
const MAX_VALUES = 300;

/** Values are bound, so the words of the statement say what it does. */
function asWrite(statement: Statement): Write | undefined {
  const { sql, bindings = [], method, returning } = statement;
  if ((method !== 'insert' && method !== 'update') || returning !== undefined) return undefined;
  if (bindings.length > MAX_VALUES) return undefined;
  const { table, placeholders } = writtenBy(sql);
  if (table === undefined || placeholders !== bindings.length) return undefined;
  return { kind: 'write', statement, table };
}

/** The texts of most statements come again. */
const MAX_TEXTS = 500;

const writtenBy = onceForText(MAX_TEXTS, (sql) => ({
  /** Undefined where it may read another one. */
  table: /\bfrom\b/.test(sql) ? undefined : WRITE.exec(sql)?.groups?.['table'],
  placeholders: sql.split('?').length - 1,
}));

/** Of a table or a column, without an alias. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z_]+$/.test(name);

/** All our columns are texts, numbers and booleans, so JSON has every value of a row. */
export function combined(sql: string, parts: readonly (Query | Write)[]): Statement {
  const bindings: unknown[] = [];
  for (const { statement } of parts) bindings.push(...(statement.bindings ?? []));
  return { sql, bindings, method: 'raw', isCombined: true };
}

export const textsOf = (parts: readonly (Query | Write)[]): readonly string[] =>
  parts.map(({ statement }) => statement.sql);

export type Row = Readonly<Record<string, unknown>>;
