/** A SQLite database that has served a test is as good as a new one for the next, or serves no other. */
import { expect, test } from 'vitest';
import { temporaryDatabase } from '../support/database/database.ts';

test('the next test finds no rows', async () => {
  const first = await temporaryDatabase();
  await first.db('settings').insert({ key: 'a', version: 1, value: '1' });
  await first.cleanup();
  const next = await temporaryDatabase();
  expect(next.url).toBe(first.url);
  expect(await next.db('settings')).toEqual([]);
  await next.cleanup();
});

test('the next test waits as long for a lock as every connection does', async () => {
  const first = await temporaryDatabase();
  await first.db.raw('pragma busy_timeout = 1');
  await first.cleanup();
  const next = await temporaryDatabase();
  expect(next.url).toBe(first.url);
  expect(await next.db.raw('pragma busy_timeout')).toEqual([{ timeout: 5000 }]);
  await next.cleanup();
});

test.each([
  ['has made a table', 'create table mine (id integer)'],
  ['has changed its connection', 'pragma synchronous = off'],
  ['has begun to write', 'begin immediate'],
  ['has begun to read', 'begin; select * from settings'],
  ['has a statement that SQLite does not end', 'explain query plan select * from settings'],
])('one that %s serves no other test', async (_, sql) => {
  const first = await temporaryDatabase();
  for (const statement of sql.split('; ')) await first.db.raw(statement);
  await first.cleanup();
  const next = await temporaryDatabase();
  expect(next.url).not.toBe(first.url);
  await next.cleanup();
});
