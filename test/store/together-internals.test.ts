import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { withOthers } from '../../src/store/together-internals.ts';
import { stateIs } from '../../src/store/work/columns.ts';
import { bothDatabases } from '../support/database/both-databases.ts';
import { heldTransaction } from '../support/database/held-transaction.ts';
import { untilOneWaits } from '../support/database/lock-waits.ts';
import { postgresOfItsOwn } from '../support/peers/postgres.ts';

describe.each(bothDatabases)('%s', (name, openEmpty) => {
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
      if (!/^(begin|commit|rollback|create temp)/i.test(sql) && !sql.includes('pragma'))
        statements.push(sql);
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

  test('queries of a transaction at the same moment are one statement', async () => {
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
    const query = (tx: Knex) => tx('integrations').where({ id: 'i' }).first();
    const alone: unknown = await query(db);
    const both: unknown = await db.transaction((tx) =>
      Promise.all([query(tx), tx('people').first()]),
    );
    expect(both).toEqual([alone, undefined]);
  });

  test('what is asked twice at the same moment is asked once', async () => {
    const ask = (tx: Knex, key: string) => tx('settings').where({ key }).first();
    const rows: readonly unknown[] = await db.transaction((tx) =>
      Promise.all([ask(tx, 'a'), ask(tx, 'b'), ask(tx, 'a')]),
    );
    expect(rows).toMatchObject([{ key: 'a' }, { key: 'b' }, { key: 'a' }]);
    expect(statements.join().match(/select \* from/g)).toHaveLength(2);
  });

  test('what is asked twice and nothing else answers both', async () => {
    const rows: readonly unknown[] = await db.transaction((tx) =>
      Promise.all([
        tx('settings').where({ key: 'a' }).first(),
        tx('settings').where({ key: 'a' }).first(),
      ]),
    );
    expect(rows).toMatchObject([{ key: 'a' }, { key: 'a' }]);
    expect(statements).toHaveLength(1);
  });

  test('queries see the writes before them, and a write waits for them', async () => {
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

  test('a lock is nothing but a query where the database has one writer', async () => {
    await db.transaction((tx) =>
      Promise.all([tx('people').where({ id: 'none' }).forUpdate(), tx('settings').first()]),
    );
    expect(statements).toHaveLength(name === 'SQLite' ? 1 : 2);
  });

  test('a lock that is marked goes with the queries of its moment', async () => {
    const rows: readonly unknown[] = await db.transaction((tx) =>
      Promise.all([
        withOthers(tx('settings').where({ key: 'a' }).first().forShare()),
        tx('settings').orderBy('key').first(),
      ]),
    );
    expect(statements).toHaveLength(1);
    expect(rows).toMatchObject([{ key: 'a' }, { key: 'a' }]);
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

  const person = (id: string) => ({
    id,
    version: 1,
    email: `${id}@example.com`,
    first_name: 'é \' "1" ? \\ \n',
    last_name: '',
    role: 'other',
    active: true,
    stored: '{}',
    search_text: '',
  });
  /** A setting and a person, whatever their values. */
  const write = (tx: Knex, key: string, id: string) =>
    Promise.all([
      tx('settings').insert({ key, version: 1, value: key }).onConflict('key').merge(),
      tx('people').insert(person(id)),
    ]);
  const update = (tx: Knex, key: string, id: string) =>
    Promise.all([
      tx('settings').where({ key }).update({ value: 'new' }),
      tx('people').where({ id, version: 1 }).update({ version: 2, phone: null }),
    ]);

  test('writes of a transaction at the same moment are one statement once they come again', async () => {
    await db.transaction((tx) => write(tx, 'x', 'one'));
    await db.transaction((tx) => write(tx, 'y', 'two'));
    statements.length = 0;
    await db.transaction((tx) => write(tx, 'a', 'three'));
    expect(statements).toHaveLength(1);
    expect(await db('settings').where('value', 'a').pluck('key')).toEqual(['a']);
    const { active: _, ...saved } = person('three'); // SQLite stores 1.
    expect(await db('people').where({ id: 'three' })).toMatchObject([saved]);
  });

  test('writes say how many rows they have changed, none of them included', async () => {
    await db('people').insert(['one', 'two', 'three'].map(person));
    const counts = [];
    for (const id of ['one', 'two', 'three', 'none', 'one'])
      counts.push(await db.transaction((tx) => update(tx, 'a', id)));
    expect(counts).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 0],
      [1, 0],
    ]);
  });

  test('an update of several rows says how many, too', async () => {
    const both = (tx: Knex) =>
      Promise.all([
        tx('people').insert(person(`${Math.random()}`)),
        tx('settings').update({ value: 'same' }),
      ]);
    const counts = [];
    for (let n = 0; n < 3; n += 1) counts.push((await db.transaction(both))[1]);
    expect(counts).toEqual([3, 3, 3]);
    expect(await db('people')).toHaveLength(3);
  });

  test('a query at the moment of a write of its table sees it', async () => {
    const [, found] = await db.transaction((tx) =>
      Promise.all([
        tx('settings').insert({ key: 'd', version: 1, value: '' }),
        tx('settings').pluck('key'),
      ]),
    );
    expect(new Set(found)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  test('a query about another table than its own sees the writes before it', async () => {
    const [, found] = await db.transaction((tx) =>
      Promise.all([
        tx('settings').insert({ key: 'one', version: 1, value: '' }),
        tx('people').whereNotIn('id', tx('settings').select('key')),
        tx('people').insert(person('one')),
      ]),
    );
    expect(found).toEqual([]);
  });

  test('of conditions in SQL, that on states is about its own table, and goes with a write of another', async () => {
    let keys = 0;
    const both = (condition: string) =>
      db.transaction((tx) =>
        Promise.all([
          tx('settings').insert({ key: `${(keys += 1)}`, version: 1, value: '' }),
          tx('access_requests').whereRaw(condition),
        ]),
      );
    const order = async (condition: string) => {
      statements.length = 0;
      await both(condition);
      return statements.map((sql) => (/^(with|insert)/.test(sql) ? 'write' : 'query')).join();
    };
    for (const states of [['open'], ['approved', 'by-hand']]) {
      await both(stateIs(...states)); // SQLite takes together what comes again.
      expect(await order(stateIs(...states))).toBe('write');
    }
    expect(await order('state in (select value from settings)')).toBe('write,query');
    expect(await order("state = 'open' or 1 in (select version from settings)")).toBe(
      'write,query',
    );
  });

  test('a state is written into the statement as a word of the code alone', () => {
    expect(stateIs('by-hand')).toBe("state = 'by-hand'");
    for (const text of ["open' or '1' = '1", '', 'Open', 'a b'])
      expect(() => stateIs(text)).toThrow(RangeError);
  });

  test('two writes of one table come one after the other', async () => {
    for (let n = 0; n < 3; n += 1)
      await db.transaction((tx) =>
        Promise.all([
          tx('settings')
            .where({ key: 'a' })
            .update({ value: `${n}` }),
          tx('settings')
            .where({ key: 'a', value: `${n}` })
            .update({ version: n }),
        ]),
      );
    expect(await db('settings').where({ key: 'a' }).first()).toMatchObject({ version: 2 });
  });

  test('writes that break a constraint fail, each of them, and so does the transaction', async () => {
    for (const id of ['one', 'two']) await db.transaction((tx) => write(tx, 'x', id));
    const failing = db.transaction(async (tx) => {
      const ends = await Promise.allSettled([
        tx('settings').insert({ key: 'y', version: 1, value: 'y' }).onConflict('key').merge(),
        tx('people').insert(person('two')),
      ]);
      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await db('settings').where({ key: 'y' })).toEqual([]);
  });

  test('writes go together again after a transaction that was undone', async () => {
    await db.transaction((tx) => write(tx, 'x', 'one'));
    const undone = db.transaction(async (tx) => {
      await write(tx, 'y', 'two');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    statements.length = 0;
    await db.transaction((tx) => write(tx, 'z', 'three'));
    expect(statements).toHaveLength(1);
    expect(await db('people').orderBy('id').pluck('id')).toEqual(['one', 'three']);
  });

  test('a table can be changed when its writes have gone together', async () => {
    for (const id of ['one', 'two', 'three']) await db.transaction((tx) => write(tx, id, id));
    await db.schema.alterTable('people', (table) => table.renameColumn('phone', 'telephone'));
    await db.schema.alterTable('people', (table) => table.renameColumn('telephone', 'phone'));
    for (const id of ['four', 'five', 'six']) await db.transaction((tx) => write(tx, id, id));
    expect(await db('people')).toHaveLength(6);
  });
});

const names = (db: Knex): Promise<string[]> =>
  db('pg_prepared_statements').where('name', 'like', 'latchkey%').pluck('statement');

test('what PostgreSQL answers together gets a name when it comes again, and only so many do', async () => {
  const { db, cleanup } = await postgresOfItsOwn();
  const named = await db.transaction(async (tx) => {
    const ask = (ids: readonly string[]) =>
      Promise.all([
        tx('settings').where({ key: 'a' }).first(),
        tx('people').whereIn('id', [...ids]),
      ]);
    await ask(['b']);
    const first = await names(tx);
    await ask(['b']);
    const second = await names(tx);
    const ids = Array.from({ length: 150 }, (_, n) => `${n}`);
    for (const at of ids.keys()) for (const _ of ['once', 'again']) await ask(ids.slice(at));
    return [first, second, await names(tx)];
  });
  const combined = named.map((all) => all.filter((sql) => sql.includes('json_agg')).length);
  expect(combined).toEqual([0, 1, 100]);
  await cleanup();
});

test('a lock that is marked waits for who changes its row, and has that row as it is then', async () => {
  const { db, connect, cleanup } = await postgresOfItsOwn();
  onTestFinished(() => cleanup());
  const [key, other] = ['a', 'b'];
  await db('settings').insert([key, other].map((each) => ({ key: each, version: 1, value: '' })));
  const changing = await heldTransaction(connect());
  await changing.tx('settings').update({ version: 2 });
  const asked = db.transaction((tx) =>
    Promise.all([
      withOthers(tx('settings').where({ key }).first('version').forShare()),
      tx('settings').where({ key: other }).first('version'),
    ]),
  );
  await untilOneWaits(db);
  await changing.commit();
  expect(await asked).toEqual([{ version: 2 }, { version: 1 }]);
});
