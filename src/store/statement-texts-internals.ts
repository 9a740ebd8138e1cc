/**
 * Keeps the texts of statements. Knex makes the text of a statement each time that it runs, though most differ in nothing but their
 * values.
 *
 * The *shape* of a statement is all that its builder has, without the values of conditions, rows and SQL. Knex makes the text of a
 * shape once, from a copy that has a symbol in place of each value. So it is Knex that says in which order it binds them. A text is
 * kept only if each symbol is bound. Where Knex does anything else with one, it makes the text each time, and so it does of parts
 * that aren't named here: joins, conditions in brackets, queries in queries.
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
const MAX_SIZE = 50_000;

export class StatementTexts {
  readonly #most: number;
  #first = new Step(undefined);
  /** Of all steps and kept bindings. Lists of every length share steps, but each has its own bindings. */
  #size = 0;

  constructor(most = MAX_SIZE) {
    this.#most = most;
  }

  /** What `builder.toSQL()` gives. */
  statementOf(builder: Builder): Statement {
    if (this.#size > this.#most) {
      this.#first = new Step(undefined);
      this.#size = 0;
    }
    const path = new Path(this.#first);
    path.builder(builder);
    this.#size += path.added;
    const kept = path.isKnown ? (path.last.kept ??= this.#keep(builder)) : undefined;
    if (!kept) return builder.toSQL();
    const { statement, order } = kept;
    const bindings = order.map((at, index) =>
      at < 0 ? statement.bindings?.[index] : path.values[at],
    );
    return { ...statement, bindings };
  }

  /** @returns undefined where Knex makes no text of it, or does anything else with a value than to bind it */
  #keep(builder: Builder): Kept | undefined {
    const { client, _single, _statements } = builder;
    const marked = Object.assign(builder.clone(), {
      _single: copied(_single, client),
      _statements: copied(_statements, client),
    });
    const path = new Path(new Step(undefined), () => Symbol('value'));
    path.builder(marked);
    const places = new Map(path.values.map((symbol, at) => [symbol, at]));
    try {
      // Without what leads to the database that it was made for, and with all that a driver sets: each copy has the same shape.
      const statement = { ...marked.toSQL(), response: undefined, context: undefined };
      const order = (statement.bindings ?? []).map((binding) => places.get(binding) ?? -1);
      this.#size += order.length;
      const isEachBound = new Set(order.filter((at) => at >= 0)).size === places.size;
      return isEachBound ? { statement, order } : undefined;
    } catch {
      return undefined; // Knex says why when it has the values.
    }
  }
}

type Parts = Record<string | number, unknown>;

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

/** Goes on with a part of a builder. */
type Follow = (path: Path, of: Parts, name: string | number) => void;

/** The shape of one builder. */
class Path {
  isKnown = true;
  added = 0;
  readonly values: unknown[] = [];
  last: Step;
  readonly #mark: (() => symbol) | undefined;

  /** @param mark makes what takes the place of each value, if anything does */
  constructor(first: Step, mark?: () => symbol) {
    this.last = first;
    this.#mark = mark;
  }

  builder(builder: Builder): void {
    /* oxlint-disable no-underscore-dangle -- the names are Knex's */
    const { _method, _single, _statements, _comments, _options, _timeout, _queryContext } = builder;
    this.isKnown = _comments.length === 0 && !_options && !_timeout && !_queryContext;
    if (!this.isKnown) return;
    this.go(_method);
    this.row(_single, single);
    for (const each of _statements) this.row(each, clause);
    /* oxlint-enable no-underscore-dangle */
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

  bind(of: Parts, name: string | number): void {
    if (this.#mark) of[name] = this.#mark();
    this.values.push(of[name]);
    this.go(BOUND);
  }

  list(parts: readonly unknown[], follow: Follow): void {
    this.go(LIST);
    for (const index of parts.keys()) follow(this, parts as unknown as Parts, index);
    this.go(END);
  }

  row(parts: object, follow: Follow): void {
    this.go(ROW);
    for (const name of Object.keys(parts)) {
      this.go(name);
      follow(this, parts as Parts, name);
    }
    this.go(END);
  }
}

/** What a statement has once. */
const single: Follow = (path, of, name) => {
  if (name === 'insert' || name === 'update') rows(path, of, name);
  else if (name === 'merge') path.row(of[name] as Parts, rows);
  else written(path, of, name);
};

/** Of a condition, an order or what is selected. */
const clause: Follow = (path, of, name) => {
  const { grouping, type, asColumn } = of;
  if (name !== 'value' || grouping !== 'where' || type === 'whereRaw' || asColumn === true)
    written(path, of, name);
  else if (type === 'whereBasic') bound(path, of, name);
  else if (type === 'whereIn') boundList(path, of, name);
  else path.isKnown = false;
};

const rows: Follow = (path, of, name) => {
  const part = of[name];
  if (Array.isArray(part)) path.list(part, row);
  else row(path, of, name);
};

const row: Follow = (path, of, name) => {
  const part = of[name];
  if (isPlain(part)) path.row(part, bound);
  else written(path, of, name);
};

const boundList: Follow = (path, of, name) => {
  const part = of[name];
  if (Array.isArray(part)) path.list(part, bound);
  else path.isKnown = false;
};

const bound: Follow = (path, of, name) => {
  if (isText(of[name]) || of[name] === null) path.bind(of, name);
  else path.isKnown = false;
};

/** The name of a table or a column, or what else is in the text itself. */
const written: Follow = (path, of, name) => {
  const part = of[name];
  if (isText(part) || part === undefined || part === null) path.go(part);
  else if (Array.isArray(part)) path.list(part, written);
  else if (isPlain(part)) path.row(part, written);
  else if (isRaw(part)) {
    path.go(RAW);
    path.go(part.sql);
    if (part.bindings !== undefined) boundList(path, part as unknown as Parts, 'bindings');
    path.go(END);
  } else path.isKnown = false;
};

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
  readonly _wrappedBefore?: unknown;
  readonly _wrappedAfter?: unknown;
}

/** SQL and its values. Knex also has names in SQL (`??`), SQL in other SQL (`wrap`) and references to columns (`ref`). */
function isRaw(part: unknown): part is Raw {
  if (typeof part !== 'object' || part === null) return false;
  if (!('isRawInstance' in part) || 'ref' in part) return false;
  /* oxlint-disable no-underscore-dangle -- the names are Knex's */
  const { sql, _wrappedBefore, _wrappedAfter } = part as unknown as Raw;
  return !sql.includes('??') && !_wrappedBefore && !_wrappedAfter;
  /* oxlint-enable no-underscore-dangle */
}
