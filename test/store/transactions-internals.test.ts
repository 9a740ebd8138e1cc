import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import createKnex from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownTransactions } from '../../src/store/transactions-internals.ts';
import { gate } from '../contracts/queue/job-runner.ts';
import { bothDatabases } from '../support/database/both-databases.ts';

/** What of a connection of SQLite's library is used. */
interface Sqlite {
  exec(sql: string, done: (error: Error | null) => void): void;
}

describe('with a begin of its own', () => {
  let folder: string;
  let db: Knex;
  /** What each transaction begins with; a test changes it. */
  let begin: () => Promise<void>;
  /** Every statement that ran. */
  let statements: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'transactions-'));
    db = createKnex({
      client: 'sqlite3',
      connection: { filename: join(folder, 'x.sqlite') },
      useNullAsDefault: true,
      pool: { min: 1, max: 1 },
    });
    statements = [];
    db.on('query', ({ sql }: { readonly sql: string }) => statements.push(sql));
    begin = async () => undefined;
    ownTransactions(db, {
      async begin(connection) {
        await begin();
        const sqlite = connection as Sqlite;
        await new Promise<void>((resolve, reject) => {
          sqlite.exec('BEGIN IMMEDIATE', (error) => (error ? reject(error) : resolve()));
        });
      },
      mayHaveEnded: ({ message }) => message.includes('nowhere'),
    });
    await db.raw('pragma foreign_keys = on');
    await db.raw('create table a (id integer primary key)');
    await db.raw('create table b (id integer references a (id) deferrable initially deferred)');
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });

  test('a transaction begins with the given statement, and gives what its work gives', async () => {
    let begun = 0;
    begin = async () => void (begun += 1);
    const sum = await db.transaction(async (tx) => {
      await tx('a').insert({ id: 1 });
      return 3;
    });
    expect([sum, begun, await db('a').pluck('id')]).toEqual([3, 1, [1]]);
    expect(statements.filter((sql) => sql.startsWith('BEGIN'))).toEqual([]);
  });

  test('a begin that fails rejects, and the work is not called', async () => {
    begin = () => Promise.reject(new Error('busy'));
    let called = false;
    await expect(
      db.transaction(async () => {
        called = true;
      }),
    ).rejects.toThrow('busy');
    expect(called).toBe(false);
  });

  test('work that fails is rolled back, and its error is what is thrown', async () => {
    const failing = db.transaction(async (tx) => {
      await tx('a').insert({ id: 1 });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db('a').pluck('id')).toEqual([]);
  });

  test('a commit that fails rejects and is rolled back, so that the next transaction begins', async () => {
    const failing = db.transaction(async (tx) => void (await tx('b').insert({ id: 7 })));
    await expect(failing).rejects.toThrow('FOREIGN KEY');
    await db.transaction(async (tx) => void (await tx('a').insert({ id: 2 })));
    expect([await db('a').pluck('id'), await db('b').pluck('id')]).toEqual([[2], []]);
  });

  test('after a statement in a savepoint that may have ended the transaction none runs', async () => {
    const going = db.transaction(async (tx) => {
      const inner = tx.transaction((nested) => nested.raw('select * from nowhere'));
      await inner.catch(() => undefined);
      await tx('a').insert({ id: 1 });
    });
    await expect(going).rejects.toThrow('nowhere');
    expect(await db('a').pluck('id')).toEqual([]);
  });

  test('Knex changes a table on the only connection, with and without a transaction', async () => {
    await db.raw('create table c (id integer primary key, one text, two text)');
    await db.schema.alterTable('c', (table) => table.dropColumn('one'));
    await db.transaction((tx) => tx.schema.alterTable('c', (table) => table.dropColumn('two')));
    expect(Object.keys(await db('c').columnInfo())).toEqual(['id']);
  });
});

describe.each(bothDatabases)('%s', (_, openEmpty) => {
  let db: Knex;
  let cleanup: () => Promise<void>;
  beforeEach(async () => {
    ({ db, cleanup } = await openEmpty());
  });
  afterEach(() => cleanup());

  const insert = (on: Knex, key: string) => on('settings').insert({ key, version: 1, value: '1' });
  const keys = (on: Knex = db): Promise<readonly string[]> =>
    on('settings').orderBy('key').pluck('key');

  test('a transaction builds statements in every way, and sees its own writes alone', async () => {
    await db.transaction(async (tx) => {
      await insert(tx, 'a');
      expect(await tx.from('settings').pluck('key')).toEqual(['a']);
      expect(await tx.select('key').from('settings')).toEqual([{ key: 'a' }]);
      expect(await tx.schema.hasTable('settings')).toBe(true);
      await tx.raw('update settings set ?? = ?', ['version', 2]);
      await tx('settings').update({ version: tx.ref('version') });
      expect([tx.isTransaction, db.isTransaction]).toEqual([true, undefined]);
    });
    expect(await db('settings')).toMatchObject([{ key: 'a', version: 2 }]);
  });

  test('an error in the middle undoes what came before, and the connection is free again', async () => {
    for (let round = 0; round < 30; round += 1)
      await expect(
        db.transaction(async (tx) => {
          await insert(tx, 'a');
          await insert(tx, 'a');
        }),
      ).rejects.toThrow(/unique/i);
    expect(await keys()).toEqual([]);
  });

  test('a statement after the end is refused', async () => {
    const ended = await db.transaction(async (tx) => {
      await insert(tx, 'a');
      return { tx };
    });
    expect(ended.tx.isCompleted()).toBe(true);
    await expect(insert(ended.tx, 'b')).rejects.toMatchObject({ code: 'transaction-ended' });
    await expect(ended.tx.raw('select 1')).rejects.toMatchObject({ code: 'transaction-ended' });
    expect(await keys()).toEqual(['a']);
  });

  test('what a transaction that fails has left running stores nothing', async () => {
    const left: PromiseLike<unknown>[] = [];
    const failing = db.transaction(async (tx) => {
      await insert(tx, 'first');
      for (const key of ['a', 'b', 'c']) left.push(insert(tx, key).then(null, () => 'refused'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await Promise.all(left);
    expect(await keys()).toEqual([]);
  });

  test('one inside another is undone by itself', async () => {
    await db.transaction(async (tx) => {
      await insert(tx, 'a');
      const inner = tx.transaction(async (nested) => {
        await insert(nested, 'b');
        throw new Error('no');
      });
      await expect(inner).rejects.toThrow('no');
      await tx.transaction((nested) => insert(nested, 'c'));
      await insert(tx, 'd');
    });
    expect(await keys()).toEqual(['a', 'c', 'd']);
  });

  test('those inside another take turns, and each is undone by itself', async () => {
    await db.transaction(async (tx) => {
      const inside = (key: string, isKept: boolean) =>
        tx.transaction(async (nested) => {
          await insert(nested, key);
          await nested.transaction((inner) => insert(inner, `${key} in ${key}`));
          if (!isKept) throw new Error('no');
        });
      await Promise.allSettled([inside('a', true), inside('b', false), inside('c', true)]);
    });
    expect(await keys()).toEqual(['a', 'a in a', 'c', 'c in c']);
  });

  test('a statement of one inside after the end is refused', async () => {
    const [begun, ended] = [gate(), gate()];
    const { left } = await db.transaction(async (tx) => {
      const inside = tx.transaction(async (nested) => {
        await insert(nested, 'a');
        begun.open();
        await ended.opened;
        await insert(nested, 'late');
      });
      await begun.opened;
      return { left: inside.then(null, () => 'refused') };
    });
    ended.open();
    expect(await left).toBe('refused');
    expect(await keys()).toEqual(['a']);
  });

  test('writes at once go on after one inside that was undone', async () => {
    const both = (on: Knex, id: string) =>
      Promise.all([insert(on, id), on('workers').insert({ id, beat_at: 1 })]);
    await db.transaction((tx) => both(tx, 'a'));
    await db.transaction(async (tx) => {
      const undone = tx.transaction(async (nested) => {
        await both(nested, 'b');
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      await both(tx, 'c');
    });
    const beating = await db('workers').orderBy('id').pluck('id');
    expect([await keys(), beating]).toEqual([
      ['a', 'c'],
      ['a', 'c'],
    ]);
  });
});

test.each(bothDatabases)(
  '%s is asked for no isolation level of one transaction',
  async (_name, openEmpty) => {
    const { db, cleanup } = await openEmpty();
    const asked = db.transaction(async () => 1, { isolationLevel: 'serializable' });
    await expect(asked).rejects.toThrow(RangeError);
    await cleanup();
  },
);

test('PostgreSQL commits nothing after a statement that failed, and so the transaction fails, however the work took it', async () => {
  const [, [, openEmpty]] = bothDatabases;
  const { db, cleanup } = await openEmpty();
  const overlooking = db.transaction(async (tx) => {
    await tx('settings').insert({ key: 'a', version: 1, value: '1' });
    await tx.raw('select * from nowhere').catch(() => undefined);
  });
  await expect(overlooking).rejects.toThrow('nowhere');
  await cleanup();
});
