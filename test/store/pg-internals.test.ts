import { Socket } from 'node:net';
import { Client, types } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectionOf, NamedStatement } from '../../src/store/pg-internals.ts';
import { emptyPostgres } from '../support/peers/postgres.ts';

test('a client shows its stream, and whether a question is under way', async () => {
  const database = await emptyPostgres();
  const client = new Client({ connectionString: database.url });
  try {
    await client.connect();
    const { stream, isIdle } = connectionOf(client);
    expect(stream).toBeInstanceOf(Socket);
    expect(isIdle()).toBe(true);
    const heard = new Promise((resolve) => stream.once('data', resolve));
    const answer = client.query('select 1');
    expect(isIdle()).toBe(false);
    await Promise.all([answer, heard]);
    expect(isIdle()).toBe(true);
  } finally {
    await client.end();
    await database.cleanup();
  }
});

describe('a named statement', () => {
  let database: Awaited<ReturnType<typeof emptyPostgres>>;
  let client: Client;
  beforeAll(async () => {
    database = await emptyPostgres();
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('create table things (id int primary key, name text, isset boolean)');
  });
  afterAll(async () => {
    await client.end();
    await database.cleanup();
  });

  let names = 0;
  const prepared = (text: string) => {
    names += 1;
    const name = `named_${names}`;
    return (...values: readonly (string | null)[]) =>
      new Promise<unknown>((resolve, reject) => {
        const sent = new NamedStatement(client, { name, text, values }, (error, answered) =>
          error ? reject(error) : resolve(answered),
        );
        client.query(sent);
      });
  };
  /** What `pg` answers, of which we use this. */
  const byPg = async (text: string, values: readonly (string | null)[]) => {
    const { command, rowCount, rows } = await client.query(text, [...values]);
    return { command, rowCount, rows };
  };

  test.each([
    ['select $1::int as number, $2::text as text, null as nothing', ['7', 'Zoë\n']],
    ['select $1::bigint as large, $2::json as json', ['9007199254740993', '{"a":[1,null]}']],
    ['select $1::timestamptz as at, $2::text[] as list', ['2026-12-01T08:00:00Z', '{a,"b c"}']],
    ['select n, n > $1::int as isgreater from generate_series(1, 3) as n', ['2']],
    ['select 1 as one where $1::int = 2', ['1']],
    ['insert into things (id, name) select n, $1 from generate_series(1, 3) as n', ['x']],
    ['update things set isset = $1 where name = $2', ['true', 'x']],
    ['update things set name = $1 where id = 1 returning *', [null]],
    ['delete from things where name is distinct from $1', ['y']],
  ] as const)('%s: answers as `pg` does, each time', async (text, values) => {
    await client.query('begin');
    const expected = await byPg(text, values);
    await client.query('rollback');
    const run = prepared(text);
    for (let times = 0; times < 3; times += 1) {
      await client.query('begin');
      expect(await run(...values)).toEqual(expected);
      await client.query('rollback');
    }
  });

  test('the server describes its rows once', async () => {
    const run = prepared('select $1::int as number');
    const described: unknown[] = [];
    const { connection } = client as unknown as {
      connection: { on(event: string, note: (message: unknown) => void): void };
    };
    connection.on('rowDescription', (message) => described.push(message));
    await run('1');
    await run('2');
    expect(described).toHaveLength(1);
  });

  test('one that the server refuses fails with its error, and the next one runs', async () => {
    const run = prepared('select 10 / $1::int as result');
    await expect(run('0')).rejects.toMatchObject({ code: '22012' });
    expect(await run('2')).toMatchObject({ rows: [{ result: 5 }] });
    await expect(prepared('select wrong from $1')('x')).rejects.toMatchObject({ code: '42601' });
    expect(await run('5')).toMatchObject({ rows: [{ result: 2 }] });
  });

  test("a value that can't be read fails its statement alone", async () => {
    client.setTypeParser(types.builtins.UUID, () => {
      throw new RangeError('No id');
    });
    const run = prepared('select $1::uuid as id from generate_series(1, 2)');
    await expect(run('0b3b7c1e-0d3f-4f0e-9a53-0d4d0f6a7a11')).rejects.toThrow('No id');
    expect(await prepared('select $1::int as number')('1')).toMatchObject({
      rows: [{ number: 1 }],
    });
  });

  test('after its table has another column, the server refuses it', async () => {
    await client.query('create table grows (id int)');
    const run = prepared('select * from grows where id = $1');
    await run('1');
    await client.query('alter table grows add column name text');
    await expect(run('1')).rejects.toThrow('cached plan must not change result type');
  });

  test('whose name means other columns by now, as behind a pooler, gives no row', async () => {
    const run = prepared('select $1::int as number');
    await run('1');
    const name = `named_${names}`;
    await client.query(`deallocate ${name}`);
    await client.query(`prepare ${name} (int) as select 'x' as name, $1 as number`);
    await expect(run('1')).rejects.toThrow('cached plan must not change result type');
  });

  test('one that waits fails when the connection is lost', async () => {
    const lost = new Client({ connectionString: database.url });
    await lost.connect();
    lost.on('error', () => undefined);
    const failed = new Promise((resolve) => {
      const slow = { name: 'slow', text: 'select pg_sleep($1)', values: ['60'] };
      (lost as { query(sent: NamedStatement): void }).query(
        new NamedStatement(lost, slow, resolve),
      );
    });
    connectionOf(lost).stream.destroy();
    expect(await failed).toBeInstanceOf(Error);
  });
});
