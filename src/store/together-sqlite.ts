/** How SQLite takes what a transaction reads and writes at the same moment: as one select, or one insert into a temporary view. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ByTexts } from './by-texts.ts';
import {
  type Answer,
  combined,
  type Query,
  type Row,
  type Run,
  type SendTogether,
  type Statement,
  textsOf,
  type Write,
} from './together-internals.ts';

const namesOf = z.array(z.object({ name: z.string() }));

interface SqliteTogether {
  readonly sendTogether: SendTogether;
  /** Call it before a table is changed. */
  readonly forgetTables: (run: Run) => Promise<void>;
  /** Call it when a transaction was rolled back, or the connection closed. */
  readonly forgetWrites: () => void;
}

/** What answers several queries at once. */
interface Reading {
  /** A column for each of them. */
  readonly sql: string;
  readonly select: string;
  readonly answersIn: (row: Statement) => readonly Answer[];
}

/** SQLite gives a row as JSON only by the names of its columns, which are looked up once for each table. */
export function sqliteTogether(): SqliteTogether {
  const columnsOfTables = new Map<string, readonly string[]>();
  const readings = new ByTexts<Reading>(MAX_TEXTS);
  const insertsThatRead = new ByTexts<string>(MAX_TEXTS);
  const views = new WriteViews();

  const knownColumnsOf = ({ table, columns }: Query): readonly string[] | undefined =>
    columns.length > 0 ? columns : columnsOfTables.get(table);

  async function askColumnsOf({ table }: Query, run: Run): Promise<readonly string[]> {
    const sql = 'select name from pragma_table_info(?)';
    const { response } = await run({ sql, bindings: [table], method: 'raw' });
    const names = namesOf.parse(response).map(({ name }) => name);
    if (names.length > 0) columnsOfTables.set(table, names);
    return names;
  }

  async function reading(queries: readonly Query[], run: Run): Promise<Reading> {
    const place = readings.at(textsOf(queries));
    return (place.value ??= await newReading(queries, run));
  }

  async function newReading(queries: readonly Query[], run: Run): Promise<Reading> {
    const columns: (readonly string[])[] = [];
    for (const query of queries)
      columns.push(knownColumnsOf(query) ?? (await askColumnsOf(query, run)));
    const answers = queries.map(({ statement }, at) => {
      const names = columns[at]?.map((name) => `"${name}"`).join(', ');
      return `(select json_group_array(json_array(${names})) from (${statement.sql})) as a${at}`;
    });
    const sql = answers.join(', ');
    return {
      sql,
      select: `select ${sql}`,
      answersIn({ response }) {
        const [row] = response as readonly Row[]; // Of `sqlite3`.
        return columns.map((names, at) => {
          // What the statement above makes: a list for each row.
          const lists = JSON.parse(String(row?.[`a${at}`])) as readonly (readonly unknown[])[];
          return { response: lists.map((values) => rowOf(names, values)) };
        });
      },
    };
  }

  async function read(queries: readonly Query[], run: Run): Promise<readonly Answer[]> {
    if (queries.length === 0) return [];
    const { select, answersIn } = await reading(queries, run);
    return answersIn(await run(combined(select, queries)));
  }

  return {
    sendTogether: {
      hasLocks: false, // It has one writer at a time.

      async send(queries, writes, run) {
        const insert = writes.length > 0 && (await views.insertOf(writes, run));
        if (!insert) return [...(await read(queries, run)), ...(await eachAlone(writes, run))];
        // What an insert returns is read after its trigger has written.
        if (queries.length === 0 || mayRead(queries, writes)) {
          const before = await read(queries, run);
          const isDone = await unlessNotOne(run(combined(insert, writes)));
          return [...before, ...(isDone ? changedOne(writes) : await eachAlone(writes, run))];
        }
        const { sql, answersIn } = await reading(queries, run);
        const place = insertsThatRead.at([insert, sql]);
        const both = (place.value ??= `${insert} returning ${sql}`);
        const done = await unlessNotOne(run(combined(both, [...writes, ...queries])));
        return done
          ? [...answersIn(done), ...changedOne(writes)]
          : [...(await read(queries, run)), ...(await eachAlone(writes, run))];
      },
    },

    async forgetTables(run) {
      columnsOfTables.clear();
      readings.clear();
      await views.drop(run);
    },

    forgetWrites: () => views.forget(),
  };
}

/** A third of what `Object.fromEntries` of pairs takes. */
function rowOf(names: readonly string[], values: readonly unknown[]): Row {
  const row: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) row[name] = values[index];
  return row;
}

/** Of statements in all their combinations. Most come again. */
const MAX_TEXTS = 1000;

/** Latchkey has some dozens of combinations of writes that come again, and as many writes that come with a query. */
const MAX_VIEWS = 200;
/** As many may be waiting to come again. */
const MAX_SEEN = 1000;
const NOT_ONE = 'latchkey: not one row was changed';

interface Insert {
  /** Of the view. */
  readonly name: string;
  readonly sql: string;
}

/**
 * SQLite has no statement that changes two tables. But an insert into a view may do so by its trigger: here the view's columns are
 * the values of all writes, and the trigger has their statements. Views and triggers are temporary, so only this connection has
 * them. A trigger can't say how many rows an update has changed. If it isn't one, the trigger undoes all, and each write runs alone.
 */
class WriteViews {
  readonly #seenOnce = new Set<string>();
  /** Names of views, by what their writes do. A name says what it is, as the connection may have it from before. */
  readonly #names = new Map<string, string>();
  /** The same, found at once, with the insert that does all of them. */
  readonly #inserts = new ByTexts<Insert>(MAX_TEXTS);
  /** Those that the connection has for sure. */
  readonly #made = new Set<string>();

  /** @returns the insert that does all of them; undefined where they may not come again */
  async insertOf(writes: readonly Write[], run: Run): Promise<string | undefined> {
    const place = this.#inserts.at(textsOf(writes));
    const insert = (place.value ??= this.#newInsertOf(writes));
    if (!insert) return undefined;
    const { name, sql } = insert;
    if (!this.#made.has(name)) await this.#make(name, writes, run);
    return sql;
  }

  #newInsertOf(writes: readonly Write[]): Insert | undefined {
    const name = this.#nameOf(writes);
    if (name === undefined) return undefined;
    const values = writes.flatMap(({ statement }) => statement.bindings ?? []);
    return { name, sql: `insert into temp.${name} values (${values.map(() => '?').join(', ')})` };
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
    this.#inserts.clear();
  }

  forget(): void {
    this.#made.clear();
  }
}

/** Whether a query may be about what is written. */
const mayRead = (queries: readonly Query[], writes: readonly Write[]): boolean =>
  queries.some(
    ({ readsOthers, table }) => readsOthers || writes.some((write) => write.table === table),
  );

/** @returns undefined where an update didn't change one row: then nothing was written */
async function unlessNotOne(done: Promise<Statement>): Promise<Statement | undefined> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof Error && error.message.includes(NOT_ONE)) return undefined;
    throw error;
  }
}

const changedOne = (writes: readonly Write[]): readonly Answer[] =>
  writes.map(() => ({ context: { changes: 1, lastID: 0 } }));

const plain = (sql: string): Statement => ({ sql, bindings: [], method: 'raw' });

async function eachAlone(writes: readonly Write[], run: Run): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { statement } of writes) {
    answers.push(await run(statement));
  }
  return answers;
}
