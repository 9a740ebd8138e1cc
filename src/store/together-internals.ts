/**
 * What a transaction asks and writes at the same moment (`Promise.all`) goes to the database together: one statement on PostgreSQL;
 * on SQLite one that asks and one that writes. A statement costs a trip to the server, or to SQLite's thread, which takes longer
 * than looking up a row or storing it.
 *
 * - A *question* is a plain select from one table: no join, no group, no aggregate, no lock that PostgreSQL would take.
 * - A *write* is a plain insert or update that reads nothing else and returns no rows. Those that go together are of different
 *   tables, and no question among them may see what they write.
 * - Anything else runs alone, after all that came before it.
 *
 * This uses Knex's private parts; `test/store/together-internals.test.ts` fails when they change.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A compiled statement. The driver's answer goes into it. */
interface Statement {
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

type Run = (statement: Statement) => Promise<Statement>;

interface Question {
  readonly kind: 'question';
  readonly statement: Statement;
  readonly table: string;
  /** Empty: all of the table. */
  readonly columns: readonly string[];
}

interface Write {
  readonly kind: 'write';
  readonly statement: Statement;
  readonly table: string;
}

/** Sends several questions, and then several writes. @returns what the driver would have answered to each */
export interface SendTogether {
  /** False where a lock is nothing but a question. */
  readonly hasLocks: boolean;
  readonly ask: (questions: readonly Question[], run: Run) => Promise<readonly Answer[]>;
  readonly write: (writes: readonly Write[], run: Run) => Promise<readonly Answer[]>;
  /** Both. Left out: they are two statements. */
  readonly all?: (
    questions: readonly Question[],
    writes: readonly Write[],
    run: Run,
  ) => Promise<readonly Answer[]>;
}

/** Parts of a statement that a driver sets. */
type Answer = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (answered: Statement) => void;
  readonly reject: (error: unknown) => void;
}

/** What one transaction asks and writes. */
export class Together {
  readonly #sendTogether: SendTogether;
  readonly #run: Run;
  #questions: (Question & Waiting)[] = [];
  #writes: (Write & Waiting)[] = [];
  /** Ends, and never fails, with the statement that was sent last. */
  #sent: Promise<unknown> = Promise.resolve();

  /** @param run runs one statement in the transaction */
  constructor(sendTogether: SendTogether, run: Run) {
    this.#sendTogether = sendTogether;
    this.#run = namingTheCause(run);
  }

  /** In the order in which they came, or so that nobody can tell. @param builder Knex's, which made the statement */
  run(builder: object, statement: Statement): Promise<Statement> {
    const { hasLocks } = this.#sendTogether;
    const part = asQuestion(builder, statement, hasLocks) ?? asWrite(statement);
    if (!part || this.#isInOrder(builder, part)) this.#sendAll();
    return part ? this.#join(part) : this.#inTurn(() => this.#run(statement));
  }

  /** Whether it has to come after the writes that wait. */
  #isInOrder(builder: Select, { kind, table }: Question | Write): boolean {
    if (this.#writes.length === 0) return false;
    return (
      this.#writes.some((write) => write.table === table) ||
      (kind === 'question' && !readsOnlyItsTable(builder))
    );
  }

  #join(part: Question | Write): Promise<Statement> {
    // When everything that can run now has run, since that may ask or write, too.
    if (this.#questions.length + this.#writes.length === 0) process.nextTick(() => this.#sendAll());
    return new Promise((resolve, reject) => {
      if (part.kind === 'question') this.#questions.push({ ...part, resolve, reject });
      else this.#writes.push({ ...part, resolve, reject });
    });
  }

  #sendAll(): void {
    const [questions, writes] = [this.#questions, this.#writes];
    [this.#questions, this.#writes] = [[], []];
    if (questions.length + writes.length === 0) return;
    const { ask, write, all } = this.#sendTogether;
    if (all && questions.length > 0 && writes.length > 0) {
      this.#send([...questions, ...writes], (run) => all(questions, writes, run));
      return;
    }
    this.#send(questions, (run) => ask(questions, run));
    this.#send(writes, (run) => write(writes, run));
  }

  #send(
    parts: readonly ((Question | Write) & Waiting)[],
    together: (run: Run) => Promise<readonly Answer[]>,
  ): void {
    const [only] = parts;
    if (!only) return;
    this.#inTurn(async () => {
      if (parts.length === 1) {
        only.resolve(await this.#run(only.statement));
        return;
      }
      const answers = await together(this.#run);
      for (const [index, { statement, resolve }] of parts.entries())
        resolve(Object.assign(statement, answers[index]));
    }).catch((error: unknown) => {
      for (const { reject } of parts) reject(error);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#sent.then(work);
    this.#sent = done.catch(() => undefined);
    return done;
  }
}

/** PostgreSQL's `in_failed_sql_transaction`, which says nothing about what failed. */
const IS_FAILED = '25P02';

/**
 * PostgreSQL refuses every statement of a transaction after one that failed. Here they fail with the error of that one, so that
 * it decides whether the transaction runs again, also where another part of the work ends first.
 */
function namingTheCause(run: Run): Run {
  let cause: Error | undefined;
  return async (statement) => {
    try {
      return await run(statement);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (cause && 'code' in error && error.code === IS_FAILED) throw cause;
      cause = error;
      throw error;
    }
  };
}

/** The parts of a select of Knex that are used. */
interface Select {
  readonly _single?: { readonly table?: unknown; readonly lock?: unknown };
  readonly _statements?: readonly {
    readonly grouping: string;
    /** Of a condition: how it was written. */
    readonly type?: string;
    readonly value?: unknown;
    /** Of an aggregate. */
    readonly method?: unknown;
  }[];
}

const QUESTIONS: readonly string[] = ['select', 'first', 'pluck'];
const PLAIN_PARTS: readonly string[] = ['columns', 'where', 'order'];

function asQuestion(
  builder: Select,
  statement: Statement,
  hasLocks: boolean,
): Question | undefined {
  /* oxlint-disable no-underscore-dangle -- the names are Knex's */
  const { _single: single, _statements: parts = [] } = builder;
  /* oxlint-enable no-underscore-dangle */
  if (!isName(single?.table) || (hasLocks && single.lock !== undefined)) return undefined;
  if (!QUESTIONS.includes(statement.method)) return undefined;
  if (!parts.every(isPlain)) return undefined;
  const columns: readonly unknown[] = parts
    .filter(({ grouping }) => grouping === 'columns')
    .flatMap(({ value }) => value);
  return columns.every(isName)
    ? { kind: 'question', statement, table: single.table, columns }
    : undefined;
}

/** Conditions on a column and values. Others may be about another table. */
const PLAIN_CONDITIONS: readonly unknown[] = ['whereBasic', 'whereNull', 'whereIn'];

// oxlint-disable-next-line no-underscore-dangle -- the name is Knex's
const readsOnlyItsTable = ({ _statements: parts = [] }: Select): boolean =>
  parts.every(
    ({ grouping, type, value }) =>
      grouping !== 'where' ||
      (PLAIN_CONDITIONS.includes(type) && (Array.isArray(value) || !isObject(value))),
  );

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const WRITE = /^(?:insert into|update) [`"](?<table>[a-z_]+)[`"] /;
/** More values make a statement of several too large to keep. */
const MAX_VALUES = 300;

/** Values are bound, so the words of the statement say what it does. */
function asWrite(statement: Statement): Write | undefined {
  const { sql, bindings = [], method, returning } = statement;
  if (method !== 'insert' && method !== 'update') return undefined;
  const table = WRITE.exec(sql)?.groups?.['table'];
  if (table === undefined || returning !== undefined || /\bfrom\b/.test(sql)) return undefined;
  return bindings.length <= MAX_VALUES && placeholdersIn(sql) === bindings.length
    ? { kind: 'write', statement, table }
    : undefined;
}

const placeholdersIn = (sql: string): number => sql.split('?').length - 1;

const isPlain = ({ grouping, method }: { readonly grouping: string; readonly method?: unknown }) =>
  PLAIN_PARTS.includes(grouping) && method === undefined;

/** Of a table or a column, without an alias. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z_]+$/.test(name);

/** All our columns are texts, numbers and booleans, so JSON has every value of a row. */
const combined = (sql: string, parts: readonly (Question | Write)[]): Statement => ({
  sql,
  bindings: parts.flatMap(({ statement }) => statement.bindings ?? []),
  method: 'raw',
  isCombined: true,
});

type Row = Readonly<Record<string, unknown>>;

/** One statement whose only row has each question's rows as JSON, and how many rows each write has changed. */
async function sendToPostgres(
  questions: readonly Question[],
  writes: readonly Write[],
  run: Run,
): Promise<readonly Answer[]> {
  const changing = writes.map(({ statement }, at) => `w${at} as (${statement.sql} returning 1)`);
  const answers = questions.map(
    ({ statement }, at) => `(select json_agg(q) from (${statement.sql}) as q) as a${at}`,
  );
  const counts = writes.map((_, at) => `(select count(*)::int from w${at}) as c${at}`);
  const first = changing.length === 0 ? '' : `with ${changing.join(', ')} `;
  const sql = `${first}select ${[...answers, ...counts].join(', ')}`;
  const { response } = await run(combined(sql, [...writes, ...questions]));
  const { rows } = response as { readonly rows: readonly Row[] }; // Of `pg`.
  const row = rows[0] ?? {};
  return [
    ...questions.map((_, at) => ({ response: { command: 'SELECT', rows: row[`a${at}`] ?? [] } })),
    ...writes.map(({ statement: { method } }, at) => ({
      response: { command: method.toUpperCase(), rowCount: row[`c${at}`], rows: [] },
    })),
  ];
}

export const postgresTogether: SendTogether = {
  hasLocks: true,
  ask: (questions, run) => sendToPostgres(questions, [], run),
  write: (writes, run) => sendToPostgres([], writes, run),
  all: sendToPostgres,
};

const namesOf = z.array(z.object({ name: z.string() }));

interface SqliteTogether {
  readonly sendTogether: SendTogether;
  /** Call it before a table is changed. */
  readonly forgetTables: (run: Run) => Promise<void>;
  /** Call it when a transaction was rolled back, or the connection closed. */
  readonly forgetWrites: () => void;
}

/** SQLite gives a row as JSON only by the names of its columns, which are looked up once for each table. */
export function sqliteTogether(): SqliteTogether {
  const columnsOfTables = new Map<string, readonly string[]>();
  const views = new WriteViews();

  async function columnsOf({ table, columns }: Question, run: Run): Promise<readonly string[]> {
    const known = columns.length > 0 ? columns : columnsOfTables.get(table);
    if (known) return known;
    const sql = 'select name from pragma_table_info(?)';
    const { response } = await run({ sql, bindings: [table], method: 'raw' });
    const names = namesOf.parse(response).map(({ name }) => name);
    if (names.length > 0) columnsOfTables.set(table, names);
    return names;
  }

  return {
    sendTogether: {
      hasLocks: false, // It has one writer at a time.

      async ask(questions, run) {
        const columns: (readonly string[])[] = [];
        for (const question of questions) columns.push(await columnsOf(question, run));
        const answers = questions.map(({ statement }, at) => {
          const names = columns[at]?.map((name) => `"${name}"`).join(', ');
          return `(select json_group_array(json_array(${names})) from (${statement.sql})) as a${at}`;
        });
        const { response } = await run(combined(`select ${answers.join(', ')}`, questions));
        const [row] = response as readonly Row[]; // Of `sqlite3`.
        return columns.map((names, at) => {
          // What the statement above makes: a list for each row.
          const lists = JSON.parse(String(row?.[`a${at}`])) as readonly (readonly unknown[])[];
          return {
            response: lists.map((values) =>
              Object.fromEntries(names.map((name, index) => [name, values[index]])),
            ),
          };
        });
      },

      write: (writes, run) => views.write(writes, run),
    },

    async forgetTables(run) {
      columnsOfTables.clear();
      await views.drop(run);
    },

    forgetWrites: () => views.forget(),
  };
}

/** Latchkey has a few dozen combinations of writes that come again. */
const MAX_VIEWS = 100;
/** As many may be waiting to come again. */
const MAX_SEEN = 1000;
const NOT_ONE = 'latchkey: not one row was changed';

/**
 * SQLite has no statement that changes two tables. But an insert into a view may do so by its trigger: here the view's columns are
 * the values of all writes, and the trigger has their statements. Views and triggers are temporary, so only this connection has
 * them. A trigger can't say how many rows an update has changed. If it isn't one, the trigger undoes all, and each write runs alone.
 */
class WriteViews {
  readonly #seenOnce = new Set<string>();
  /** Names of views, by what their writes do. A name says what it is, as the connection may have it from before. */
  readonly #names = new Map<string, string>();
  /** Those that the connection has for sure. */
  readonly #made = new Set<string>();

  async write(writes: readonly Write[], run: Run): Promise<readonly Answer[]> {
    const name = this.#nameOf(writes);
    if (name === undefined) return eachAlone(writes, run);
    if (!this.#made.has(name)) await this.#make(name, writes, run);
    const values = writes.flatMap(({ statement }) => statement.bindings ?? []);
    const sql = `insert into temp.${name} values (${values.map(() => '?').join(', ')})`;
    try {
      await run({ ...combined(sql, writes), method: 'insert' });
    } catch (error) {
      if (error instanceof Error && error.message.includes(NOT_ONE)) return eachAlone(writes, run);
      throw error;
    }
    return writes.map(() => ({ context: { changes: 1, lastID: 0 } }));
  }

  #nameOf(writes: readonly Write[]): string | undefined {
    const text = writes.map(({ statement }) => statement.sql).join(';');
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_VIEWS) return known;
    if (!this.#seenOnce.delete(text)) {
      if (this.#seenOnce.size >= MAX_SEEN) this.#seenOnce.clear();
      this.#seenOnce.add(text);
      return undefined;
    }
    const name = `writes_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    this.#names.set(text, name);
    return name;
  }

  async #make(name: string, writes: readonly Write[], run: Run): Promise<void> {
    let values = 0;
    const statements = writes.flatMap(({ statement: { sql, method } }) => [
      sql.replaceAll('?', () => `new.v${values++}`),
      ...(method === 'update'
        ? [`select case when changes() <> 1 then raise(abort, '${NOT_ONE}') end`]
        : []),
    ]);
    const columns = Array.from({ length: values }, (_, at) => `null as v${at}`).join(', ');
    await run(plain(`create temp view if not exists ${name} as select ${columns}`));
    await run(
      plain(
        `create temp trigger if not exists ${name}_now instead of insert on ${name} begin ${statements.join('; ')}; end`,
      ),
    );
    this.#made.add(name);
  }

  /** A changed table may not fit its statements any more. */
  async drop(run: Run): Promise<void> {
    for (const name of this.#names.values()) await run(plain(`drop view if exists temp.${name}`));
    this.forget();
    this.#names.clear();
  }

  forget(): void {
    this.#made.clear();
  }
}

const plain = (sql: string): Statement => ({ sql, bindings: [], method: 'raw' });

async function eachAlone(writes: readonly Write[], run: Run): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { statement } of writes) {
    const { response, context } = await run(statement);
    answers.push({ response, context });
  }
  return answers;
}
