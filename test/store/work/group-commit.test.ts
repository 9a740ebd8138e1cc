import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inGroup, inGroupNow } from '../../../src/store/work/group-commit.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const now = () => new Date('2026-11-24T12:00:00.000Z');

let database: TestDatabase;
let db: Knex;
/** How many transactions the disk has. */
let commits: number;
beforeEach(async () => {
  database = await temporaryDatabase(now);
  db = database.db;
  await db.raw('create table a (id integer primary key)');
  await db.raw('create table b (id integer references a (id) deferrable initially deferred)');
  commits = 0;
  db.on('query', ({ sql }: { readonly sql: string }) => {
    if (sql === 'COMMIT;') commits += 1;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await database.cleanup();
});

/** A group is not cut short, however slow the machine is. */
const withoutTime = (): unknown => vi.spyOn(performance, 'now').mockReturnValue(0);

/** The unit that inserts this row. */
const insert =
  (id: number, table: 'a' | 'b' = 'a') =>
  async (tx: Knex): Promise<number> => {
    await tx(table).insert({ id });
    return id;
  };
const rows = (): Promise<readonly number[]> => db('a').orderBy('id').pluck('id');
const outcomes = async (units: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(units)).map(({ status }) => status);

test('units that are ready at the same moment share a commit, and each gives what it gives', async () => {
  withoutTime();
  expect(await Promise.all([1, 2, 3].map((id) => inGroup(db, insert(id))))).toEqual([1, 2, 3]);
  expect(await rows()).toEqual([1, 2, 3]);
  expect(commits).toBe(1);
});

test('a unit that becomes ready while another one runs shares its commit', async () => {
  withoutTime();
  let second: Promise<number> | undefined;
  await inGroup(db, async (tx) => {
    second = inGroup(db, insert(2));
    return insert(1)(tx);
  });
  await second;
  expect(commits).toBe(1);
});

test('a unit has the language and the trace of who began it, not of the unit that began the group', async () => {
  withoutTime();
  const reader = new AsyncLocalStorage<string>();
  const began = (name: string) =>
    reader.run(name, () =>
      inGroup(db, async (tx) => {
        await tx('a').pluck('id');
        return reader.getStore();
      }),
    );
  expect(await Promise.all(['Ann', 'Ben', 'Cem'].map(began))).toEqual(['Ann', 'Ben', 'Cem']);
  expect(commits).toBe(1);
});

test('a unit that has resolved is seen by other processes', async () => {
  const other = database.connect();
  const seen = [1, 2].map(async (id) => {
    await inGroup(db, insert(id));
    return other('a').where({ id }).pluck('id');
  });
  expect(await Promise.all(seen)).toEqual([[1], [2]]);
});

test('a unit that someone waits for goes before those that wait, and its commit takes one of them along', async () => {
  withoutTime();
  const order: string[] = [];
  const noted = (id: number, run: typeof inGroup) =>
    run(db, insert(id)).then(() => order.push(`${id} in commit ${commits}`));
  await Promise.all([
    ...[1, 2, 3].map((id) => noted(id, inGroup)),
    ...[4, 5].map((id) => noted(id, inGroupNow)),
  ]);
  const inCommit = (commit: number, ids: readonly number[]) =>
    ids.map((id) => `${id} in commit ${commit}`);
  expect(order).toEqual([...inCommit(1, [4, 1, 5]), ...inCommit(2, [2, 3])]);
});

test('however many such units come, the others go on', async () => {
  withoutTime();
  let others = 5;
  const more = async (): Promise<void> => {
    if (others > 0) await inGroupNow(db, async () => undefined).then(more);
  };
  const ids = Array.from({ length: others }, (_, n) => n);
  await Promise.all([
    ...[1, 2, 3].map(more),
    ...ids.map((id) => inGroup(db, insert(id)).then(() => (others -= 1))),
  ]);
  expect(await rows()).toEqual(ids);
});

test('a group that is full of such units has one of the others, too', async () => {
  withoutTime();
  const first = inGroup(db, insert(0)).then(() => commits);
  await Promise.all(Array.from({ length: 100 }, (_, n) => inGroupNow(db, insert(n + 1))));
  expect(await first).toBe(1);
});

test('what is stored before it is acknowledged is such a unit', async () => {
  withoutTime();
  const inCommit = async (unit: Promise<unknown>) => unit.then(() => commits);
  const [first, second, stored] = await Promise.all([
    inCommit(inGroup(db, insert(1))),
    inCommit(inGroup(db, insert(2))),
    inCommit(database.stores.inbox.accept('event', now())),
  ]);
  expect({ first, second, stored }).toEqual({ first: 1, second: 2, stored: 1 });
});

test('more units than a group takes are committed in several', async () => {
  const ids = Array.from({ length: 100 }, (_, n) => n);
  await Promise.all(ids.map((id) => inGroup(db, insert(id))));
  expect(await rows()).toEqual(ids);
  expect(commits).toBeGreaterThan(3);
});

describe('what fails in one unit does not fail its neighbours:', () => {
  test('its own error', async () => {
    const broken = async (tx: Knex) => {
      await tx('a').insert({ id: 2 });
      throw new RangeError('Oops');
    };
    const units = [inGroup(db, insert(1)), inGroup(db, broken), inGroup(db, insert(3))];
    await expect(units[1]).rejects.toThrow('Oops');
    expect(await outcomes(units)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await rows()).toEqual([1, 3]);
  });

  test('a constraint that is checked at the commit', async () => {
    const units = [1, 2, 3].map((id) => inGroup(db, insert(id, id === 2 ? 'b' : 'a')));
    expect(await outcomes(units)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await rows()).toEqual([1, 3]);
  });

  test('a later unit works after it', async () => {
    await outcomes([inGroup(db, () => Promise.reject(new RangeError('Oops')))]);
    expect(await inGroup(db, insert(1))).toBe(1);
  });
});

test('where the transaction can not begin, every unit that waits is refused, and later ones work', async () => {
  const other = database.connect();
  await db.raw('pragma busy_timeout = 1');
  await other.transaction(async () => {
    expect(await outcomes([1, 2, 3].map((id) => inGroup(db, insert(id))))).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
  });
  expect(await inGroup(db, insert(4))).toBe(4);
  expect(await rows()).toEqual([4]);
});

test('a unit that overlooks a full disk stores nothing, and neither does what it does afterwards', async () => {
  await db.raw('create table c (content text)');
  const [size] = await db.raw<readonly { page_count: number }[]>('pragma page_count');
  await db.raw(`pragma max_page_count = ${(size?.page_count ?? 0) + 5}`);
  const overlooks = async (tx: Knex) => {
    await tx('a').insert({ id: 1 });
    await tx('c')
      .insert({ content: 'x'.repeat(200_000) })
      .catch(() => undefined);
    await tx('a').insert({ id: 2 });
  };
  const units = [inGroup(db, insert(7)), inGroup(db, overlooks), inGroup(db, insert(8))];
  await expect(units[1]).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  expect(await outcomes(units)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await rows()).toEqual([7, 8]);
});

test('a transaction inside another one is refused, and does not hang', async () => {
  const transact = unitOfWork(db, database.vault, { now });
  await expect(transact(() => transact(async () => 1))).rejects.toMatchObject({
    code: 'nested-transaction',
  });
  let later: Promise<number> | undefined;
  await transact(async () => {
    later = new Promise((resolve) => setImmediate(resolve)).then(() => transact(async () => 2));
  });
  expect(await later).toBe(2);
});
