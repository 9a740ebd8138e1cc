import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, openInMemory } from '../../src/store/database.ts';
import { poolsTransactions } from '../../src/store/pooled-transactions.ts';
import { emptyPostgres } from '../support/peers/postgres.ts';
import { startPooler } from '../support/peers/transaction-pooler.ts';

test('a server itself keeps each client its connection', async () => {
  const postgres = await emptyPostgres();
  onTestFinished(postgres.cleanup);
  expect(await poolsTransactions(postgres.connect())).toBe(false);
});

test('a pooler that gives one connection to several clients is found', async () => {
  const postgres = await emptyPostgres();
  onTestFinished(postgres.cleanup);
  const pooler = await startPooler(postgres.url);
  onTestFinished(() => pooler.close());
  const db = openDatabase(pooler.url);
  onTestFinished(() => db.destroy());
  expect(await poolsTransactions(db)).toBe(true);
});

test('SQLite has none', async () => {
  const db = openInMemory();
  onTestFinished(() => db.destroy());
  expect(await poolsTransactions(db)).toBe(false);
});
