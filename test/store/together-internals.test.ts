import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bothDatabases } from '../support/database/both-databases.ts';
import { temporaryPostgres } from '../support/peers/postgres.ts';

describe.each(bothDatabases)('%s', (_, openEmpty) => {
  let db: Knex;
  let cleanup: () => Promise<void>;
  let statements: string[];
  beforeEach(async () => {
    ({ db, cleanup } = await openEmpty());
    await db('settings').insert([
      { key: 'a', version: 1, value: 'é "1" \\ \n' },
      { key: 'b', version: 2, value: '{"x":1}' },
      { key: 'c', version: 3, value: '3' },
    ]);
    statements = [];
    db.on('query', ({ sql }: { readonly sql: string }) => {
      if (!/^(begin|commit|rollback)/i.test(sql) && !sql.includes('pragma')) statements.push(sql);
    });
  });
  afterEach(() => cleanup());

  const all = (tx: Knex) => [
    tx('settings').where({ key: 'a' }).first(),
    tx('settings').orderBy('key', 'desc'),
    tx('settings').select('version').where('key', 'b'),
    tx('settings').whereIn('key', ['c', 'a']).orderBy('key').pluck('value'),
    tx('settings').where({ key: 'none' }).first(),
    tx('settings').where({ key: 'none' }),
    tx('people').where({ id: 'none' }),
  ];

  test('questions of a transaction at the same moment are one statement', async () => {
    const one = [];
    for (const query of all(db)) one.push(await query);
    expect(statements).toHaveLength(all(db).length);
    statements.length = 0;
    expect(await db.transaction((tx) => Promise.all(all(tx)))).toEqual(one);
    expect(statements).toHaveLength(1);
  });

  test('rows come back as they would alone, with every kind of column', async () => {
    await db('integrations').insert({
      id: 'i',
      version: 1,
      name: 'Ä',
      name_key: 'a',
      enabled: true,
      created_at: 1_790_000_000_000,
    });
    const question = (tx: Knex) => tx('integrations').where({ id: 'i' }).first();
    const alone: unknown = await question(db);
    const both: unknown = await db.transaction((tx) => Promise.all([question(tx), question(tx)]));
    expect(both).toEqual([alone, alone]);
  });

  test('questions see the writes before them, and a write waits for them', async () => {
    const seen = await db.transaction(async (tx) => {
      const count = async () => (await tx('settings').select('key')).length;
      return Promise.all([
        count(),
        count(),
        (async () => {
          await tx('settings').insert({ key: 'd', version: 1, value: '' });
          return count();
        })(),
      ]);
    });
    expect(seen).toEqual([3, 3, 4]);
  });

  test('a lock, a count and a join run alone', async () => {
    await db.transaction((tx) =>
      Promise.all([
        tx('settings').where({ key: 'a' }).forShare(),
        tx('settings').count({ total: '*' }),
        tx('settings').join('people', 'people.id', 'settings.key'),
        tx('settings').first(),
        tx('people').first(),
      ]),
    );
    expect(statements).toHaveLength(4);
  });

  test('an aggregate over one column runs alone', async () => {
    const [[max]] = await db.transaction((tx) =>
      Promise.all([tx('settings').max('version'), tx('settings').first()]),
    );
    expect(Object.values(max ?? {})).toEqual([3]);
  });

  test('a column that is added later is read, too', async () => {
    const ask = () => db.transaction((tx) => Promise.all([tx('settings').first(), tx('settings')]));
    await ask();
    await db.schema.alterTable('settings', (table) => table.text('more'));
    expect((await ask())[0]).toHaveProperty('more', null);
  });

  test('where one fails, each of them does, and so does the transaction', async () => {
    const asked = db.transaction(async (tx) => {
      const ends = await Promise.allSettled([tx('settings').first(), tx('people').where('x', 1)]);
      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      throw new Error('undone');
    });
    await expect(asked).rejects.toThrow('undone');
  });
});

test('what PostgreSQL answers together takes no name from other statements', async () => {
  const { db, cleanup } = await temporaryPostgres();
  const named = await db.transaction(async (tx) => {
    await Promise.all([
      tx('settings').where({ key: 'a' }).first(),
      tx('people').where({ id: 'b' }).first(),
    ]);
    return tx('pg_prepared_statements').where('name', 'like', 'latchkey%').pluck('statement');
  });
  expect(named.filter((sql) => String(sql).includes('json_agg'))).toEqual([]);
  await cleanup();
});
