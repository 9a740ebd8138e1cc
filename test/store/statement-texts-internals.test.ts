import * as fc from 'fast-check';
import type { Knex } from 'knex';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase, openInMemory } from '../../src/store/database.ts';
import { type Builder, StatementTexts } from '../../src/store/statement-texts-internals.ts';
import type { Statement } from '../../src/store/together-internals.ts';

const RUNS = { seed: 197, numRuns: 1000 };

const databases = [
  ['SQLite', openInMemory()],
  ['PostgreSQL', openDatabase('postgres://nobody@127.0.0.1:9/none')], // It only makes texts.
] as const;

afterAll(() => Promise.all(databases.map(([, db]) => db.destroy())));

const partsOf = ({ sql, bindings, method, ...others }: Statement) => {
  const { returning, pluck } = others as { readonly returning?: unknown; readonly pluck?: unknown };
  return { sql, bindings, method, returning, pluck };
};

/** A statement, or why Knex makes none. */
function outcomeOf(make: () => Statement): unknown {
  try {
    return partsOf(make());
  } catch (error) {
    return error;
  }
}

const builderOf = (query: Knex.QueryBuilder): Builder => query as unknown as Builder;

/** @returns how often Knex made a text */
function textsMadeBy(texts: StatementTexts, query: Knex.QueryBuilder): number {
  const builder = builderOf(query);
  const client: object = builder.client;
  let made = 0;
  const queryCompiler = (...args: readonly unknown[]): unknown => {
    made += 1;
    return Reflect.apply(Reflect.get(client, 'queryCompiler') as () => unknown, client, args);
  };
  texts.statementOf(
    Object.assign(builder, {
      client: Object.assign(Object.create(client) as object, { queryCompiler }),
    }),
  );
  return made;
}

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant('?'), fc.constant('a'));
const column = fc.constantFrom('a', 'b', 'c', 'd');
const cells = fc.dictionary(column, fc.option(value), { minKeys: 1, noNullPrototype: true });
const given = fc.record({
  name: column,
  other: column,
  is: value,
  are: fc.array(value),
  row: cells,
  rows: fc.array(cells, { minLength: 1, maxLength: 3 }),
  way: fc.constantFrom('asc', 'desc'),
  many: fc.nat(3),
});
type Given = typeof given extends fc.Arbitrary<infer G> ? G : never;
type Change = (query: Knex.QueryBuilder, given: Given) => unknown;

/** Knex's types leave it out. */
interface WithColumns {
  whereColumn(column: string, other: string): unknown;
}

const rawOf = (query: Knex.QueryBuilder, sql: string, bindings?: readonly unknown[]) =>
  builderOf(query).client.raw(sql, bindings) as Knex.Raw;

const CHANGES: readonly Change[] = [
  (query, { name, is }) => query.where(name, is),
  (query, { name, is }) => query.orWhereNot(name, '<', is),
  (query, { row }) => query.where(row),
  (query, { name, are }) => query.whereIn(name, are),
  (query, { name, are }) => query.whereNotIn(name, are),
  (query, { name }) => query.whereNotNull(name),
  (query, { name, other }) => (query as unknown as WithColumns).whereColumn(name, other),
  (query, { is }) => query.whereRaw('a < ? or a is null', [is]),
  (query, { name, is }) => query.whereRaw('?? = ?', [name, is]),
  (query, { name, is }) => query.where((either) => void either.where(name, is).orWhereNull(name)),
  (query, { name, is }) => query.whereIn('a', query.clone().from('u').select(name).where(name, is)),
  (query, { name, is }) => query.whereBetween(name, [is, is] as never),
  (query, { name, way }) => query.orderBy(name, way),
  (query, { is }) => query.orderByRaw('case when a = ? then 0 else 1 end', [is]),
  (query, { many }) => query.limit(many),
  (query, { many }) => query.offset(many),
  (query) => query.forUpdate(),
];
const ENDS: readonly Change[] = [
  (query) => query.first(),
  (query, { name, other }) => query.select(name, other),
  (query, { name }) => query.pluck(name),
  (query) => query.count({ total: '*' }),
  (query) => query.delete(),
  (query, { row }) => query.update(row),
  (query, { row, name }) => query.update(row).returning(name),
  (query, { name, is }) => query.update({ [name]: rawOf(query, 'coalesce(a, ?)', [is]) }),
  (query, { name }) => query.increment(name, 2),
  (query, { row }) => query.insert(row),
  (query, { row, name }) => query.insert({ ...row, [name]: undefined }),
  (query, { rows }) => query.insert(rows).onConflict(['a', 'b']).merge(),
  (query, { row, rows }) => query.insert(row).onConflict('a').merge(rows[0]),
  (query, { row, name, other }) =>
    query.insert(row).onConflict('a').merge([name, other]).returning('*'),
  (query, { row, is }) =>
    query.insert(row).onConflict(rawOf(query, '(a) where b is null')).merge().where('t.a', is),
  (query, { row }) => query.insert(row).onConflict('a').ignore(),
];
const oneOf = (changes: readonly Change[]) =>
  fc.tuple(fc.constantFrom(...changes), given).map(
    ([change, with_]) =>
      (query: Knex.QueryBuilder) =>
        change(query, with_),
  );

describe.each(databases)('%s', (_name, db) => {
  test('a kept text and its values are what Knex makes of the statement', () => {
    const texts = new StatementTexts();
    fc.assert(
      fc.property(fc.array(oneOf(CHANGES), { maxLength: 4 }), oneOf(ENDS), (changes, end) => {
        const query = db('t');
        for (const each of [...changes, end]) each(query);
        const made = outcomeOf(() => query.clone().toSQL());
        const kept = () => outcomeOf(() => texts.statementOf(builderOf(query.clone())));
        expect([kept(), kept()]).toEqual([made, made]);
      }),
      RUNS,
    );
  });

  test('statements that differ in their values alone are made once', () => {
    const texts = new StatementTexts();
    const all = (n: number) => [
      db('t')
        .where({ a: n, b: `${n}` })
        .first(),
      db('t')
        .whereIn('a', [n, n + 1])
        .orderBy('b', 'desc')
        .pluck('c'),
      db('t').whereRaw('a < ?', [n]).whereNull('b'),
      db('t').where('a', n).update({ b: n, c: null }),
      db('t')
        .insert([
          { a: n, b: 1 },
          { a: 2, b: n },
        ])
        .onConflict('a')
        .merge(),
    ];
    expect(all(0).map((query) => textsMadeBy(texts, query))).toEqual([1, 1, 1, 1, 1]);
    expect(all(7).map((query) => textsMadeBy(texts, query))).toEqual([0, 0, 0, 0, 0]);
  });

  test('a caller keeps its rows and lists as they are', () => {
    const frozen = Object.freeze({ a: 1, b: 'x' });
    const query = db('t')
      .whereIn('b', Object.freeze(['x', 'y']))
      .update(frozen);
    const statement = new StatementTexts().statementOf(builderOf(query));
    expect(statement.bindings).toEqual([1, 'x', 'x', 'y']);
  });

  test('when it has too many texts, it begins anew', () => {
    const texts = new StatementTexts(100);
    expect(textsMadeBy(texts, db('t').select('a'))).toBe(1);
    expect(textsMadeBy(texts, db('t').select('a'))).toBe(0);
    for (let n = 0; n < 100; n += 1) texts.statementOf(builderOf(db('t').limit(n)));
    expect(textsMadeBy(texts, db('t').select('a'))).toBe(1);
  });
});
