/** Statements of Knex, made of random parts in random order, so that most kinds of them meet each other. */
import * as fc from 'fast-check';
import type { Knex } from 'knex';

/** Texts, numbers and booleans, of which a kept text takes others each time. */
const plain = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.double(),
  fc.constantFrom('?', '??', '\\?', ':a', ':a:', '$1', 'a', "'", '`', '"', '', 0, 1, null),
);
/** What only Knex knows how to bind. */
const odd = fc.oneof(
  fc.constantFrom(undefined, new Date(0), Buffer.from('a'), 7n),
  fc.array(plain, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b'), plain, { noNullPrototype: true }),
  fc.constant(Object.assign(Object.create(null) as object, { a: 1 })),
);
const value: fc.Arbitrary<unknown> = fc.oneof({ weight: 9, arbitrary: plain }, odd);
const column = fc.constantFrom('a', 'b', 'c', 't.d', 'a as b', '*', '1');
const cells = fc.dictionary(fc.constantFrom('a', 'b', 'c', 't.d', '1'), value, {
  noNullPrototype: true,
});

/** What is written into the text. */
const names = fc.record({
  name: column,
  other: column,
  raw: fc.constantFrom('a = ?', 'coalesce(a, ?)', 'lower(?)', "? || '?'", 'a \\? ?', '?? = 1'),
  sign: fc.constantFrom(
    '=',
    '<',
    '>',
    '!=',
    'like',
    'in',
    'not in',
    'between',
    'is',
    'IS NOT',
    '@>',
  ),
  way: fc.constantFrom('asc', 'desc', 'DESC', undefined, 'no way'),
  nulls: fc.constantFrom('first', 'last', undefined),
  many: fc.integer({ min: -1, max: 3 }),
  yes: fc.boolean(),
});
/** What is bound. Rows have other values of the same columns. */
const values = fc.record({ is: value, too: value });
const givenTwice = fc
  .tuple(names, values, values, fc.array(cells, { maxLength: 3 }))
  .map(([named, first, second, rows]) =>
    [first, second].map((bound) => ({
      ...named,
      ...bound,
      are: [bound.is, bound.too].slice(named.yes ? 0 : 1),
      row: { a: bound.is, ...rows[0] },
      rows: rows.map((row, index) => (index === 0 ? { ...row, b: bound.too } : row)),
    })),
  );
interface Given {
  readonly name: string;
  readonly other: string;
  readonly raw: string;
  readonly sign: string;
  readonly way: string | undefined;
  readonly nulls: string | undefined;
  readonly many: number;
  readonly yes: boolean;
  readonly is: unknown;
  readonly too: unknown;
  readonly are: readonly unknown[];
  readonly row: Readonly<Record<string, unknown>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

type Method =
  | keyof Knex.QueryBuilder
  | 'hintComment'
  | 'ignore'
  | 'merge'
  | 'onVal'
  | 'orWhereNotIn'
  | 'updateFrom'
  | 'using'
  | 'whereColumn';
/** Knex's types keep much from being written that runs. */
type Query = { readonly [M in Method]: (...given: readonly unknown[]) => Query };
type Change = (query: Query, given: Given, db: Knex) => unknown;

const usersIn = (db: Knex): Query => db('u') as unknown as Query;
const rawOf = (db: Knex, sql: string, bindings: readonly unknown[]): Knex.Raw =>
  db.raw(sql, bindings as never);
const refOf = (db: Knex, { name, other, yes }: Given): Knex.Raw =>
  yes ? db.ref(name) : db.ref(name).as(other);

const CONDITIONS: readonly Change[] = [
  (query, { name, is }) => query.where(name, is),
  (query, { name, sign, is }) => query.where(name, sign, is),
  (query, { name, sign, are }) => query.orWhere(name, sign, are),
  (query, { name, is }) => query.orWhereNot(name, '<', is),
  (query, { row }) => query.where(row),
  (query, { row }) => query.orWhere(row),
  (query, { row }) => query.whereNot(row),
  (query, { yes }) => query.where(yes),
  (query, { raw, is, too }, db) => query.where(rawOf(db, raw, [is]), too),
  (query, { name, raw, is }, db) => query.where(name, rawOf(db, raw, [is])),
  (query, given, db) => query.where(refOf(db, given), given.is),
  (query, given, db) => query.where(given.name, '>', refOf(db, given)),
  (query, { name, are }) => query.whereIn(name, are),
  (query, { name, are }) => query.orWhereNotIn(name, are),
  (query, { name }) => query.whereIn(name, []),
  (query, { name }) => query.orWhereNotIn(name, []),
  (query, { name, other, are }) => query.whereIn([name, other], [are, are]),
  (query, { name, raw, is }, db) => query.whereIn(name, rawOf(db, raw, [is])),
  (query, { name, is }, db) => query.whereIn(name, usersIn(db).select(name).where(name, is)),
  (query, { name, is }) => query.whereIn(name, is),
  (query, { name }) => query.whereNotNull(name).orWhereNull(name),
  (query, { name, sign, other }) => query.whereColumn(name, sign, other),
  (query, { raw, is }, db) => query.whereRaw(rawOf(db, raw, [is])),
  (query, { raw, is }) => query.orWhereRaw(raw, is),
  (query, { raw, are }) => query.whereRaw(raw, are),
  (query, { is, too }) => query.whereRaw('a = :is and :col: = :too::text', { is, too, col: 'b' }),
  (query, { are }) => query.whereRaw('a in (?)', [are]),
  (query, { name, is }) => query.whereRaw('?? = ?', [name, is]),
  (query, { raw, is }, db) => query.whereRaw(rawOf(db, raw, [is]).wrap('not (', ')')),
  (query, { name, is }) => query.where((either: Query) => either.where(name, is).orWhereNull(name)),
  (query, { name, is }, db) => query.whereExists(usersIn(db).where(name, is)),
  (query, { raw, is }, db) => query.whereNotExists(rawOf(db, raw, [is])),
  (query, { name, is, too }) => query.whereBetween(name, [is, too]),
  (query, { name, is }) => query.whereLike(name, is),
  (query, { name, is }) => query.orWhereILike(name, is),
  (query, { name, is }) => query.whereJsonObject(name, is),
  (query, { name, is }) => query.whereJsonPath(name, '$.a', '=', is),
  (query, { name, is }) => query.whereJsonSupersetOf(name, is),
];

const CHANGES: readonly Change[] = [
  ...CONDITIONS,
  (query, { name, other }) => query.join('u', name, other),
  (query, { name, is }) => query.leftJoin('u', (on: Query) => on.on('a', 'b').onVal(name, is)),
  (query, { raw, is }) => query.joinRaw(`join u on ${raw}`, [is]),
  (query, { name, is }, db) => query.join(usersIn(db).where(name, is).as('v'), 'a', 'b'),
  (query, { raw, is }, db) => query.with('w', rawOf(db, raw, [is])),
  (query, { name, is }, db) => query.with('w', ['a'], usersIn(db).where(name, is)),
  (query, { raw, is }, db) => query.withRecursive('w', ['a', 'b'], rawOf(db, raw, [is])),
  (query, { name, is, yes }, db) => query.union(usersIn(db).where(name, is), yes),
  (query, { raw, is, yes }, db) => query.unionAll([rawOf(db, raw, [is])], yes),
  (query, { name, other }) => query.groupBy(name, other),
  (query, { raw, is }) => query.groupByRaw(raw, [is]),
  (query, { name, sign, is }) => query.having(name, sign, is),
  (query, { name, are }) => query.havingIn(name, are),
  (query, { name, is, too }) => query.orHavingBetween(name, [is, too]),
  (query, { raw, is }) => query.havingRaw(raw, [is]),
  (query, { name, way, nulls }) => query.orderBy(name, way, nulls),
  (query, { name, other, way }) => query.orderBy([name, { column: other, order: way }]),
  (query, { raw, is, way }, db) => query.orderBy(rawOf(db, raw, [is]), way),
  (query, { raw, is }) => query.orderByRaw(raw, [is]),
  (query, { raw, is }, db) => query.orderByRaw(rawOf(db, raw, [is]).wrap('(', ') desc')),
  (query, given, db) => query.orderBy(refOf(db, given)),
  (query, { many }) => query.limit(many),
  (query, { many, yes }) => query.limit(many, { skipBinding: yes }),
  (query, { many }) => query.offset(many),
  (query, { raw, is }, db) => query.offset(rawOf(db, raw, [is])),
  (query, { yes }) => query.forUpdate(...(yes ? ['t', 'u'] : [])),
  (query, { yes }) => (yes ? query.forShare('t').noWait() : query.forNoKeyUpdate().skipLocked()),
  (query, { yes }) =>
    query
      .forUpdate()
      .skipLocked()
      .withSchema(yes ? 's' : undefined),
  (query) => query.withSchema('s'),
  (query, { yes }) => query.from('s.t', { only: yes }),
  (query) => query.from({ x: 't', y: 'u' }),
  (query, { raw, is }, db) => query.from(rawOf(db, raw, [is])),
  (query, { name, is }, db) => query.from(usersIn(db).where(name, is).as('x')),
  (query, given, db) => query.from(refOf(db, given)),
  (query, { name }) => query.as(name),
  (query, { name }) => query.comment(`about ${name}`),
  (query, { name }) => query.hintComment(name),
  (query, { yes }) => query.options({ rowMode: yes }),
  (query, { many }) => query.timeout(many),
  (query, { name }) => query.queryContext({ name }),
  (query, { yes }) => query.clear(yes ? 'where' : 'columns'),
  (query, { name, other }) => query.count(name, { as: other }),
  (query, { name, other }) => query.max(yesNo(name, other)).min([name, other]),
  (query, { raw, is }, db) => query.sum(rawOf(db, raw, [is])),
  (query, { name, other }) => query.countDistinct(name, other).avg(`${name} as x`),
  (query, { name }) => query.distinct(name),
  (query, { name }) => query.distinctOn(name),
  (query, { name, other, way }) => query.rank('r', [{ column: name, order: way }], other),
  (query, { raw, is }, db) => query.rowNumber('r', rawOf(db, raw, [is])),
  (query, { name }) => query.denseRank('r', (over: Query) => over.orderBy(name).partitionBy('b')),
  (query, { name, is }) => query.jsonSet(name, '$.a', is, 'x'),
  (query, { name }) => query.jsonExtract([[name, '$.a', 'x']]),
  (query, { raw, is }, db) => query.select(rawOf(db, raw, [is])),
  (query, { raw, is }, db) => query.select(rawOf(db, raw, [is]).wrap('(', ') as x')),
  (query, given, db) => query.select(refOf(db, given)),
  (query, { name, is }, db) =>
    query.select({ x: 'a', y: usersIn(db).select(name).where(name, is) }),
  (query, { raw, is }, db) => query.select({ x: 'a', y: rawOf(db, raw, [is]) }),
];
const yesNo = (name: string, other: string) => ({ x: name, y: [name, other] });

const ENDS: readonly Change[] = [
  (query, { name }) => query.first(name),
  (query, { name, other }) => query.select(name, other),
  (query, { name }) => query.pluck(name),
  (query) => query.count({ total: '*' }),
  (query) => query.delete(),
  (query, { name }) => query.delete([name, 'a']),
  (query, { name }) => query.using(name).delete(),
  (query) => query.truncate(),
  (query, { name }) => query.columnInfo(name),
  (query, { row }) => query.update(row),
  (query, { row, name }) => query.update(row).returning(name),
  (query, { row, name, other }) => query.update(row, [name, other]),
  (query, { name, is }) => query.update(name, is),
  (query, { row, name }) => query.updateFrom(name).update(row),
  (query, { name, raw, is }, db) => query.update({ [name]: rawOf(db, raw, [is]), b: is }),
  (query, given, db) => query.update({ [given.name]: refOf(db, given), b: given.is }),
  (query, { name, many }) => query.increment(name, many),
  (query, { row, many }) => query.update(row).decrement({ a: many, b: 1 }),
  (query, { row }) => query.insert(row),
  (query, { rows }) => query.insert(rows),
  (query, { yes }) => query.insert(yes ? {} : [{}]).returning('*'),
  (query, { raw, is }, db) => query.insert(rawOf(db, raw, [is])),
  (query, { name, is }, db) => query.insert(usersIn(db).where(name, is)),
  (query, { row, raw, is }, db) => query.insert({ ...row, b: rawOf(db, raw, [is]) }),
  (query, { row, name }) => query.insert({ ...row, [name]: undefined }),
  (query, { rows }) => query.insert(rows).onConflict(['a', 'b']).merge(),
  (query, { rows, row }) => query.insert(rows).onConflict('a').merge(row),
  (query, { row, name, other }) =>
    query.insert(row).onConflict('a').merge([name, other]).returning('*'),
  (query, { row, raw, is }, db) =>
    query
      .insert(row)
      .onConflict('a')
      .merge({ b: rawOf(db, raw, [is]), c: is }),
  (query, { rows, is }) => query.insert(rows).onConflict('a').merge(['b']).where('t.a', '<', is),
  (query, { row, is, too }, db) =>
    query
      .insert(row)
      .onConflict(rawOf(db, '(a) where b is ?', [too]))
      .merge()
      .where('t.a', is),
  (query, { row, yes }) =>
    query
      .insert(row)
      .onConflict(yes ? undefined : 'a')
      .ignore(),
  (query, { row, raw, is }, db) => query.insert(row).returning(rawOf(db, raw, [is])),
];

const oneOf = (changes: readonly Change[]) => fc.tuple(fc.constantFrom(...changes), givenTwice);

/** Makes the same statement anew each time, with the first or the second values. */
export type MakeStatement = (db: Knex, which: 0 | 1) => Knex.QueryBuilder;

/** Statements of which both values have, in most cases, the same shape. */
export const randomStatements: fc.Arbitrary<MakeStatement> = fc
  .tuple(fc.array(oneOf(CHANGES), { maxLength: 4 }), oneOf(ENDS), fc.boolean())
  .map(([changes, end, isEndFirst]) => {
    const all = isEndFirst ? [end, ...changes] : [...changes, end];
    const make: MakeStatement = (db, which) => {
      const query = db('t');
      for (const [change, both] of all) {
        try {
          change(query as unknown as Query, both[which] as Given, db);
        } catch {
          // Knex refuses it here, or in this dialect, so the statement is made of the other parts.
        }
      }
      return query;
    };
    return Object.assign(make, {
      [fc.toStringMethod]: () =>
        all.map(([change, both]) => `${String(change)} ${fc.stringify(both)}`).join('\n'),
    });
  });
