/**
 * Questions that a transaction asks at the same moment (`Promise.all`) go to the database as one statement. A statement costs a
 * trip to the server, or to SQLite's thread, which takes longer than looking up a row.
 *
 * A *question* is a plain select from one table: no join, no group, no aggregate, no lock. Anything else runs alone, after the
 * questions that were asked before it. This uses Knex's private parts; `test/store/together-internals.test.ts` fails when they
 * change.
 */
import { z } from 'zod';

/** A compiled statement. The driver's answer goes into it. */
interface Statement {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  readonly method: string;
  /** Made of several, so hardly one is like another. */
  readonly isCombined?: true;
  response?: unknown;
}

type Run = (statement: Statement) => Promise<Statement>;

interface Question {
  readonly statement: Statement;
  readonly table: string;
  /** Empty: all of the table. */
  readonly columns: readonly string[];
}

/** Answers several questions with one statement. @returns what the driver would have answered to each */
export type AnswerTogether = (questions: readonly Question[], run: Run) => Promise<unknown[]>;

interface Asked extends Question {
  readonly resolve: (answered: Statement) => void;
  readonly reject: (error: unknown) => void;
}

/** The questions of one transaction. */
export class Together {
  readonly #answerTogether: AnswerTogether;
  readonly #run: Run;
  #asked: Asked[] = [];
  /** Ends, and never fails, with the statement that was sent last. */
  #sent: Promise<unknown> = Promise.resolve();

  /** @param run runs one statement in the transaction */
  constructor(answerTogether: AnswerTogether, run: Run) {
    this.#answerTogether = answerTogether;
    this.#run = namingTheCause(run);
  }

  /** One statement at a time, in the order in which they came. @param builder Knex's, which made the statement */
  run(builder: object, statement: Statement): Promise<Statement> {
    const question = asQuestion(builder, statement);
    if (question) return this.#ask(question);
    this.#answerAll();
    return this.#inTurn(() => this.#run(statement));
  }

  #ask(question: Question): Promise<Statement> {
    // When everything that can run now has run, since that may ask, too.
    if (this.#asked.length === 0) process.nextTick(() => this.#answerAll());
    return new Promise((resolve, reject) => {
      this.#asked.push({ ...question, resolve, reject });
    });
  }

  #answerAll(): void {
    if (this.#asked.length === 0) return;
    const asked = this.#asked;
    this.#asked = [];
    this.#inTurn(() => this.#answer(asked)).catch((error: unknown) => {
      for (const { reject } of asked) reject(error);
    });
  }

  async #answer(asked: readonly Asked[]): Promise<void> {
    const [only] = asked;
    if (only && asked.length === 1) {
      only.resolve(await this.#run(only.statement));
      return;
    }
    const responses = await this.#answerTogether(asked, this.#run);
    for (const [index, { statement, resolve }] of asked.entries())
      resolve(Object.assign(statement, { response: responses[index] }));
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
    readonly value?: unknown;
    /** Of an aggregate. */
    readonly method?: unknown;
  }[];
}

const QUESTIONS: readonly string[] = ['select', 'first', 'pluck'];
const PLAIN_PARTS: readonly string[] = ['columns', 'where', 'order'];

function asQuestion(builder: Select, statement: Statement): Question | undefined {
  /* oxlint-disable no-underscore-dangle -- the names are Knex's */
  const { _single: single, _statements: parts = [] } = builder;
  /* oxlint-enable no-underscore-dangle */
  if (!isName(single?.table) || single.lock !== undefined) return undefined;
  if (!QUESTIONS.includes(statement.method)) return undefined;
  if (!parts.every(isPlain)) return undefined;
  const columns: readonly unknown[] = parts
    .filter(({ grouping }) => grouping === 'columns')
    .flatMap(({ value }) => value);
  return columns.every(isName) ? { statement, table: single.table, columns } : undefined;
}

const isPlain = ({ grouping, method }: { readonly grouping: string; readonly method?: unknown }) =>
  PLAIN_PARTS.includes(grouping) && method === undefined;

/** Of a table or a column, without an alias. */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z_]+$/.test(name);

/** One statement whose only row has the answer to each question, as JSON. All our columns are texts, numbers and booleans. */
const combined = (answers: readonly string[], questions: readonly Question[]): Statement => ({
  sql: `select ${answers.map((answer, index) => `(${answer}) as a${index}`).join(', ')}`,
  bindings: questions.flatMap(({ statement }) => statement.bindings ?? []),
  method: 'raw',
  isCombined: true,
});

type Row = Readonly<Record<string, unknown>>;

export const answerPostgres: AnswerTogether = async (questions, run) => {
  const answers = questions.map(
    ({ statement }) => `select json_agg(q) from (${statement.sql}) as q`,
  );
  const { response } = await run(combined(answers, questions));
  const { rows } = response as { readonly rows: readonly Row[] }; // Of `pg`.
  return questions.map((_, index) => ({ command: 'SELECT', rows: rows[0]?.[`a${index}`] ?? [] }));
};

const namesOf = z.array(z.object({ name: z.string() }));
const listsOf = z.array(z.array(z.unknown()));

interface SqliteAnswers {
  readonly answerTogether: AnswerTogether;
  /** Call it when a table was changed. */
  readonly forgetColumns: () => void;
}

/** SQLite gives a row as JSON only by the names of its columns, which are looked up once for each table. */
export function answeringSqlite(): SqliteAnswers {
  const columnsOfTables = new Map<string, readonly string[]>();

  async function columnsOf({ table, columns }: Question, run: Run): Promise<readonly string[]> {
    const known = columns.length > 0 ? columns : columnsOfTables.get(table);
    if (known) return known;
    const sql = 'select name from pragma_table_info(?)';
    const { response } = await run({ sql, bindings: [table], method: 'raw' });
    const names = namesOf.parse(response).map(({ name }) => name);
    if (names.length > 0) columnsOfTables.set(table, names);
    return names;
  }

  const answerTogether: AnswerTogether = async (questions, run) => {
    const columns: (readonly string[])[] = [];
    for (const question of questions) columns.push(await columnsOf(question, run));
    const answers = questions.map(({ statement }, index) => {
      const names = columns[index]?.map((name) => `"${name}"`).join(', ');
      return `select json_group_array(json_array(${names})) from (${statement.sql})`;
    });
    const { response } = await run(combined(answers, questions));
    const [row] = response as readonly Row[]; // Of `sqlite3`.
    return columns.map((names, index) =>
      listsOf
        .parse(JSON.parse(String(row?.[`a${index}`])))
        .map((values) => Object.fromEntries(names.map((name, at) => [name, values[at]]))),
    );
  };
  return { answerTogether, forgetColumns: () => columnsOfTables.clear() };
}
