import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import type { Knex } from 'knex';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase, openInMemory } from '../../src/store/database.ts';
import { type Builder, StatementTexts } from '../../src/store/statement-texts-internals.ts';
import type { Statement } from '../../src/store/together-internals.ts';
import { randomStatements } from './random-statements.ts';

const RUNS = { seed: 197, numRuns: 1000 };

const databases = [
  ['SQLite', openInMemory()],
  ['PostgreSQL', openDatabase('postgres://nobody@127.0.0.1:9/none')], // It only makes texts.
] as const;

afterAll(() => Promise.all(databases.map(([, db]) => db.destroy())));

/**
 * All but what Knex makes anew for each statement: its name, and how to read the answer of one about columns. Of what it
 * returns, only whether and which columns matters then, and their values are among the statement's.
 */
const partsOf = (statement: Statement) => {
  const { returning } = statement;
  return {
    ...statement,
    __knexQueryUid: undefined,
    output: 'output' in statement && typeof statement.output,
    returning: returning instanceof Object && 'sql' in returning ? returning.sql : returning,
  };
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

describe.each(databases)('%s', (_name, db) => {
  test('a kept text and its values are what Knex makes of the statement', () => {
    const texts = new StatementTexts();
    fc.assert(
      fc.property(randomStatements, (make) => {
        const kept = (which: 0 | 1) =>
          outcomeOf(() => texts.statementOf(builderOf(make(db, which))));
        const made = (which: 0 | 1) => outcomeOf(() => make(db, which).toSQL());
        expect([kept(0), kept(1), kept(0)]).toEqual([made(0), made(1), made(0)]);
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

  test('of lists of every length, each counts with all of its values', () => {
    const texts = new StatementTexts(1000);
    expect(textsMadeBy(texts, db('t').select('a'))).toBe(1);
    const ids = Array.from({ length: 100 }, (_none, n) => n);
    for (const n of ids) texts.statementOf(builderOf(db('t').whereIn('a', ids.slice(n))));
    expect(textsMadeBy(texts, db('t').select('a'))).toBe(1);
  });
});

test('a database that is closed is let go of, though its texts stay', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const SHAPES = 5;
  const closed: WeakRef<object>[] = [];
  for (let length = 1; length <= SHAPES; length += 1) {
    const db = openInMemory();
    await db.raw('create table closed (id integer)');
    await db('closed').whereIn('id', Array.from({ length }).fill(0) as number[]);
    closed.push(new WeakRef(db.client as object));
    await db.destroy();
  }
  await pause(0); // What a WeakRef has shown stays until the turn has ended.
  collect();
  const kept = closed.filter((each) => each.deref() !== undefined);
  expect(kept.length).toBeLessThanOrEqual(1); // The last one may stand on the stack.
});
