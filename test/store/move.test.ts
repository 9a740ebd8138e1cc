/** Everything of a database is copied into one of the other kind, there and back. */
import type { Knex } from 'knex';
import { afterEach, describe, expect, test } from 'vitest';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { addPerson } from '../../src/engine/people/people.ts';
import { aliveAt } from '../../src/jobs/take-over.ts';
import { dialectOf, inTransaction } from '../../src/store/database.ts';
import { moveDatabase } from '../../src/store/move.ts';
import { createJobDriver } from '../../src/store/queue/job-driver.ts';
import { databaseWithFile } from '../support/database/database.ts';
import { ok } from '../support/given/outcomes.ts';
import { postgresOfItsOwn } from '../support/peers/postgres.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const HALF_A_MINUTE_AGO = new Date(NOW.getTime() - 30_000);
const actor = { kind: 'operator', user: 'test' } as const;

let cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});

type Opened = Awaited<ReturnType<typeof databaseWithFile | typeof postgresOfItsOwn>>;

/** No other test uses them after these, which change their tables. */
const databases = [
  ['SQLite', () => databaseWithFile()],
  ['PostgreSQL', () => postgresOfItsOwn()],
] as const;

async function opened(open: () => Promise<Opened>): Promise<Opened> {
  const database = await open();
  cleanups.push(database.cleanup);
  return database;
}

const alive = () => ({ from: HALF_A_MINUTE_AGO, to: NOW });
const moved = (from: Knex, to: Knex) => moveDatabase({ from, to, actor, now: NOW, alive });

describe.each(databases)('from %s', (name, open) => {
  const [, openOther] = databases.find(([other]) => other !== name) ?? databases[0];

  test('every row arrives as it was, in more batches than one, and the source keeps all', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await fill(from, 450);
    const before = await contentOf(from.db);
    const outcome = await moved(from.db, to.db);

    await to.db('audit_log').where({ what: 'database.moved' }).delete();
    expect(await contentOf(to.db)).toEqual(before);
    expect(await contentOf(from.db)).toEqual(before);
    expect(outcome).toMatchObject({ kind: 'moved', jobs: 3 });
    const tables = outcome.kind === 'moved' ? outcome.tables : [];
    expect(tables).toContainEqual({ table: 'people', rows: 451 });
    const place = (table: string) => tables.findIndex((each) => each.table === table);
    expect(place('integrations')).toBeLessThan(place('manifest_versions'));
  });

  test('jobs wait under their keys at their times, and what failed for good stays behind', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await fill(from, 1);
    await moved(from.db, to.db);
    const jobs = await createJobDriver(to.db).waiting({ after: 0, limit: 10 });
    expect(jobs.map((job) => ({ ...job, id: undefined }))).toEqual([
      {
        name: 'run.advance',
        payload: { runId: 'r1' },
        lane: 'background',
        dueAt: new Date('2026-11-28T13:00:00Z'),
        key: 'run r1',
      },
      {
        name: 'message.refresh',
        payload: { messageId: 'm1' },
        lane: 'chat',
        dueAt: new Date('2026-11-28T11:00:00Z'),
        key: undefined,
      },
      {
        name: 'delivery.send',
        payload: { deliveryId: 'd1' },
        lane: 'background',
        dueAt: new Date('2026-11-28T11:00:00Z'),
        key: 'delivery d1',
      },
    ]);
  });

  test('a database with a living worker is not moved', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await from.db('workers').insert({ id: 'w1', beat_at: NOW.getTime() - 29_000 });
    expect(await moved(from.db, to.db)).toEqual({ kind: 'running' });
    expect(await to.db('workers')).toEqual([]);
  });

  test('a worker is seen that beats while the move waits for its locks', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    let at = NOW;
    const aliveThen = () => aliveAt(at);
    let moving: Promise<unknown> | undefined;
    await inTransaction(from.db, async (writing) => {
      await writing('settings').insert({ key: 'mine', version: 1, value: '1' });
      moving = moveDatabase({ from: from.db, to: to.db, actor, now: NOW, alive: aliveThen });
      at = new Date(NOW.getTime() + 40_000);
      await writing('workers').insert({ id: 'w1', beat_at: at.getTime() });
    });
    expect(await moving).toEqual({ kind: 'running' });
  });

  test('a target with rows is refused, and stays as it is', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await fill(from, 1);
    await to.db('settings').insert({ key: 'mine', version: 1, value: '1' });
    const refused = { kind: 'not-empty', isMoved: false };
    expect(await moved(from.db, to.db)).toEqual({ ...refused, table: 'settings' });
    expect(await to.db('people')).toEqual([]);
    await to.db('settings').delete();
    expect((await moved(from.db, to.db)).kind).toBe('moved');
    expect(await moved(from.db, to.db)).toMatchObject({ kind: 'not-empty', isMoved: true });
  });

  test('a source that lacks a migration is refused', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await from.db('knex_migrations').where({ name: '0116-queue' }).delete();
    expect(await moved(from.db, to.db)).toEqual({ kind: 'outdated', pending: ['0116-queue'] });
  });

  test('a move that fails leaves nothing in the target', async () => {
    const [from, to] = [await opened(open), await opened(openOther)];
    await fill(from, 1);
    await to.db.raw('alter table settings drop column value');
    await expect(moved(from.db, to.db)).rejects.toThrow(/value/);
    expect(await to.db('people')).toEqual([]);
  });
});

/** Rows with every kind of value: booleans, times, JSON, sealed texts, nulls, references to other rows. */
async function fill({ db, transact }: Opened, people: number): Promise<void> {
  await transact(async (tx) => {
    const boss = await addPerson(
      tx,
      { email: 'boss@x.example', firstName: 'Żoë "Q" \\' },
      { actor },
    );
    for (let n = 0; n < people; n += 1)
      await addPerson(tx, { email: `p${n}@x.example`, managerEmail: 'boss@x.example' }, { actor });
    if (!boss.ok) throw new Error('The boss was refused');
    const manifest = JSON.stringify({
      execute: [{ url: 'https://api.example.com' }],
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    });
    const wish = { name: 'Fernboard', manifest, secrets: { TOKEN: 'pearl' } };
    ok(await addIntegration(tx, wish, { actor }));
  });
  await db('workers').insert({ id: 'dead', beat_at: NOW.getTime() - 60_000 });
  await db('settings').insert({ key: 'texts', version: 2, value: '{"a":"ü😀\\u2028"}' });
  await queued(db);
}

const AT = (time: string) => new Date(`2026-11-28T${time}:00Z`);

async function queued(db: Knex): Promise<void> {
  const driver = createJobDriver(db);
  await db.transaction(async (tx) => {
    // What the changes above have pushed is not what this is about.
    await (dialectOf(db) === 'sqlite' ? tx('jobs').delete() : tx.raw(EMPTY_QUEUE));
    const queue = driver.createQueue(tx, () => NOW);
    const later = { lane: 'background', key: 'run r1', dueAt: AT('13:00') } as const;
    await queue.push('run.advance', { runId: 'r1' }, later);
    await queue.push('message.refresh', { messageId: 'm1' }, { lane: 'chat', dueAt: AT('11:00') });
    const begun = { lane: 'background', key: 'delivery d1', dueAt: AT('11:00') } as const;
    await queue.push('delivery.send', { deliveryId: 'd1' }, begun);
    await queue.push('purge', {}, { lane: 'background', dueAt: AT('11:00') });
    await (dialectOf(db) === 'sqlite' ? claimedAndBuried(tx) : claimedAndBuriedByGraphile(tx));
  });
}

const EMPTY_QUEUE =
  'select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))';

/** The delivery by a worker that died, the purge for good. */
async function claimedAndBuried(tx: Knex): Promise<void> {
  await tx('jobs')
    .where({ name: 'delivery.send' })
    .update({ key: null, claimed_key: 'delivery d1', worker_id: 'dead', leased_until: 1 });
  await tx('jobs').where({ name: 'purge' }).update({ buried_at: 1 });
}

async function claimedAndBuriedByGraphile(tx: Knex): Promise<void> {
  await tx.raw(
    `update graphile_worker._private_jobs set locked_by = 'dead/background', locked_at = now()
     where key = 'delivery d1'`,
  );
  await tx.raw(
    `select graphile_worker.permanently_fail_jobs(array(
       select id from graphile_worker.jobs where task_identifier like '%/purge'
     ))`,
  );
}

/** Every row of every table that both have. SQLite's booleans are numbers. */
async function contentOf(db: Knex): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables: readonly string[] =
    dialectOf(db) === 'sqlite'
      ? await db('sqlite_master').where({ type: 'table' }).pluck('name')
      : await db('information_schema.tables').where({ table_schema: 'public' }).pluck('table_name');
  const found: Record<string, readonly string[]> = {};
  for (const table of tables.filter((name) => !/^(knex|sqlite)|^jobs$|^lost_jobs$/.test(name))) {
    const rows: readonly Record<string, unknown>[] = await db(table);
    found[table] = rows
      .map((row) =>
        JSON.stringify(row, (_key, value: unknown) =>
          typeof value === 'boolean' ? Number(value) : value,
        ),
      )
      .toSorted();
  }
  return found;
}
