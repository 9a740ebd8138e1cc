/**
 * Keeps the texts of statements. Knex makes the text of a statement each time that it runs, though most differ in nothing but their
 * values.
 *
 * The *shape* of a statement is all that its builder has, without the values that are bound. Knex makes the text of a shape once,
 * from a copy that has a symbol in place of each value. So it is Knex that says in which order it binds them; and as no symbol can
 * be written into a text, no value is. What has other parts than those named here, Knex makes each time: joins, conditions in
 * brackets, queries in queries.
 *
 * This uses Knex's private parts; `test/store/statement-texts-internals.test.ts` fails when they change.
 */
import type { Statement } from './together-internals.ts';

/** The parts of a builder of Knex that its statement is made of. */
export interface Builder {
  readonly client: Client;
  readonly _method: string;
  readonly _single: object;
  readonly _statements: readonly object[];
  readonly _comments: readonly unknown[];
  readonly _options?: unknown;
  readonly _timeout?: unknown;
  readonly _queryContext?: unknown;
  clone(): Builder;
  toSQL(): Statement;
}

interface Client {
  raw(sql: string, bindings: unknown): unknown;
}

/** A compiled shape. */
interface Kept {
  readonly statement: Statement;
  /** For each binding, which of the values it is; -1 where it is always the same. */
  readonly order: readonly number[];
}

/** Latchkey has some hundred shapes of twenty to sixty steps. Lists of values of every length make more of them. */
const MAX_STEPS = 50_000;

export class StatementTexts {
  readonly #most: number;
  #first = new Step(undefined);
  #steps = 0;

  constructor(most = MAX_STEPS) {
    this.#most = most;
  }

  /** What `builder.toSQL()` gives. */
  statementOf(builder: Builder): Statement {
    const values: unknown[] = [];
    const last = this.#follow(builder, (of, name) => void values.push(of[name]));
    if (!last) return builder.toSQL();
    const { statement, order } = (last.kept ??= this.#keep(builder));
    const bindings = order.map((at, index) => (at < 0 ? statement.bindings?.[index] : values[at]));
    return { ...statement, bindings };
  }

  #keep(builder: Builder): Kept {
    const symbols: unknown[] = [];
    const { client, _single, _statements } = builder;
    const marked = Object.assign(builder.clone(), {
      _single: copied(_single, client),
      _statements: copied(_statements, client),
    });
    this.#follow(marked, (of, name) => void symbols.push((of[name] = Symbol('value'))));
    const statement = marked.toSQL();
    const { bindings = [] } = statement;
    return { statement, order: bindings.map((binding) => symbols.indexOf(binding)) };
  }

  /** @returns the end of its shape; undefined where it has parts that aren't known */
  #follow(builder: Builder, take: Take): Step | undefined {
    /* oxlint-disable no-underscore-dangle -- the names are Knex's */
    const { _method, _single, _statements, _comments, _options, _timeout, _queryContext } = builder;
    if (_comments.length > 0 || _options || _timeout || _queryContext) return undefined;
    if (this.#steps > this.#most) this.#forget();
    const path = new Path(this.#first, take);
    path.go(_method);
    path.single(_single as Parts);
    for (const clause of _statements) path.clause(clause as Clause);
    this.#steps += path.added;
    return path.isKnown ? path.last : undefined;
    /* oxlint-enable no-underscore-dangle */
  }

  #forget(): void {
    this.#first = new Step(undefined);
    this.#steps = 0;
  }
}

/** Gets every value that is bound. */
type Take = (of: Parts, name: string | number) => void;
type Parts = Record<string | number, unknown>;
interface Clause extends Parts {
  readonly grouping: string;
  readonly type?: string;
  readonly value: unknown;
  readonly asColumn?: boolean;
}

/** A shape is a path of steps. Most have one that follows. */
class Step {
  readonly part: unknown;
  next: Step | undefined;
  others: Map<unknown, Step> | undefined;
  kept: Kept | undefined;
  constructor(part: unknown) {
    this.part = part;
  }
}

/** So that no two shapes have the same path. */
const [BOUND, LIST, ROW, RAW, END] = ['bound', 'list', 'row', 'raw', 'end'].map(Symbol);

/** The shape of one builder. */
class Path {
  isKnown = true;
  added = 0;
  last: Step;
  readonly #take: Take;

  constructor(first: Step, take: Take) {
    this.last = first;
    this.#take = take;
  }

  go(part: unknown): void {
    const { next } = this.last;
    this.last = next && next.part === part ? next : this.#branch(part);
  }

  #branch(part: unknown): Step {
    const { last } = this;
    const known = last.others?.get(part);
    if (known) return known;
    const added = new Step(part);
    this.added += 1;
    if (last.next) (last.others ??= new Map()).set(part, added);
    else last.next = added;
    return added;
  }

  /** What a statement has once. */
  single(parts: Parts): void {
    for (const name of Object.keys(parts)) {
      this.go(name);
      if (name === 'insert' || name === 'update') this.#rows(parts, name);
      else if (name === 'merge' && isPlain(parts[name])) this.#rows(parts[name], 'updates');
      else this.#name(parts[name]);
    }
    this.go(END);
  }

  /** A condition, an order or what is selected. */
  clause(clause: Clause): void {
    for (const name of Object.keys(clause)) {
      this.go(name);
      if (name !== 'value' || clause.grouping !== 'where') this.#name(clause[name]);
      else if (clause.type === 'whereBasic' && !clause.asColumn) this.#value(clause, name);
      else if (clause.type === 'whereIn') this.#values(clause.value);
      else if (clause.type === 'whereRaw') this.#name(clause.value);
      else this.isKnown = false;
    }
    this.go(END);
  }

  #rows(of: Parts, name: string): void {
    const rows = of[name];
    if (!Array.isArray(rows)) this.#row(rows);
    else {
      this.go(LIST);
      for (const row of rows) this.#row(row);
      this.go(END);
    }
  }

  #row(row: unknown): void {
    if (!isPlain(row)) {
      this.#name(row);
      return;
    }
    this.go(ROW);
    for (const column of Object.keys(row)) {
      this.go(column);
      this.#value(row, column);
    }
    this.go(END);
  }

  #values(values: unknown): void {
    if (!Array.isArray(values)) {
      this.isKnown = false;
      return;
    }
    this.go(LIST);
    for (const index of values.keys()) this.#value(values as unknown as Parts, index);
    this.go(END);
  }

  #value(of: Parts, name: string | number): void {
    const value = of[name];
    if (isText(value) || value === null) this.#take(of, name);
    else this.isKnown = false;
    this.go(BOUND);
  }

  /** Of a table or a column, or what else is written into the statement. */
  #name(part: unknown): void {
    if (isText(part) || part === undefined || part === null) this.go(part);
    else if (Array.isArray(part)) {
      this.go(LIST);
      for (const each of part) this.#name(each);
      this.go(END);
    } else if (isRaw(part) && !part.sql.includes('??')) {
      this.go(RAW);
      this.go(part.sql);
      if (part.bindings !== undefined) this.#values(part.bindings);
      this.go(END);
    } else if (isPlain(part)) {
      this.go(ROW);
      for (const name of Object.keys(part)) {
        this.go(name);
        this.#name(part[name]);
      }
      this.go(END);
    } else this.isKnown = false;
  }
}

/** The lists and rows of a builder may be its caller's. */
function copied(part: unknown, client: Client): unknown {
  if (Array.isArray(part)) return part.map((each) => copied(each, client));
  if (isRaw(part)) return client.raw(part.sql, copied(part.bindings, client));
  if (!isPlain(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, each]) => [name, copied(each, client)]),
  );
}

const isText = (part: unknown): boolean =>
  typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean';

const isPlain = (part: unknown): part is Parts =>
  typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;

interface Raw {
  readonly sql: string;
  readonly bindings: unknown;
}
const isRaw = (part: unknown): part is Raw =>
  typeof part === 'object' && part !== null && 'isRawInstance' in part;
