/** A PostgreSQL database that has served a test is as good as a new one for the next, or serves no other. */
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { temporaryPostgres } from '../support/peers/postgres.ts';

test('the next test finds no rows, and numbers that begin anew', async () => {
  const first = await temporaryPostgres();
  const push = (of: typeof first) =>
    of.transact((tx) => tx.queue.push('run.advance', { runId: 'a' }, { lane: 'background' }));
  await first.db('settings').insert({ key: 'a', version: 1, value: '1' });
  await push(first);
  await first.cleanup();
  const next = await temporaryPostgres();
  expect(next.url).toBe(first.url);
  expect(await next.db('settings')).toEqual([]);
  await push(next);
  expect(await next.db('graphile_worker.jobs').pluck('id')).toEqual([1]);
  await next.cleanup();
});

test('a connection that a test has left is ended', async () => {
  const first = await temporaryPostgres();
  const left = new Client({ connectionString: first.url });
  left.on('error', () => undefined);
  await left.connect();
  const ended = new Promise<void>((resolve) => left.once('end', () => resolve()));
  await first.cleanup();
  await expect(ended).resolves.toBeUndefined();
});

test.each([
  ['has changed a table', 'alter table settings drop column value'],
  ['has made a table', 'create table mine (id integer)'],
  ['has forgotten a migration', 'delete from knex_migrations where id = 1'],
  ['has changed its connection', "set time zone 'Asia/Kolkata'"],
])('one that %s serves no other test', async (_, sql) => {
  const first = await temporaryPostgres();
  await first.db.raw(sql);
  await first.cleanup();
  const next = await temporaryPostgres();
  expect(next.url).not.toBe(first.url);
  await next.cleanup();
});
