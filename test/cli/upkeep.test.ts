import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkUpkeep } from '../../src/cli/doctor/upkeep.ts';
import { aSyncRun } from '../support/a-sync-run.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';
import { addedIntegration } from '../support/given/added.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(() => NOW);
});
afterEach(() => database.cleanup());

const sentences = async () =>
  (await checkUpkeep(database.stores, NOW)).map(({ check, sentence }) => `${check}: ${sentence}`);

test('a Latchkey that does its work has nothing to say', async () => {
  await database.transact((tx) => tx.audit('keys.rotated', { actor: { kind: 'system' } }));
  expect(await sentences()).toEqual([]);
});

test('an import that failed last is named, and no earlier one', async () => {
  const { stores, transact } = database;
  const { id, manifestVersionId } = await addedIntegration(transact, {
    name: 'Payroll',
    manifest: { execute: [{ method: 'GET', url: 'https://payroll.example/' }] },
  });
  const run = aSyncRun({ integrationId: id, manifestVersionId, createdAt: ago(60) });
  await stores.syncRuns.insert(run);
  await stores.syncRuns.save({
    ...run,
    state: 'failed',
    finishedAt: ago(59),
    error: { code: 'no-answer', message: 'Payroll did not answer' },
  });
  expect(await sentences()).toEqual(['Imports: The last import from Payroll failed']);
  await stores.syncRuns.insert(
    aSyncRun({ integrationId: id, manifestVersionId, createdAt: ago(30) }),
  );
  expect(await sentences()).toEqual([]);
});

test('messages that did not go out within a day are counted', async () => {
  const lost = (id: string, at: Date) =>
    database.stores.deliveries.insert({
      id,
      version: 1,
      position: 0,
      createdAt: at,
      attempts: 1,
      body: 'kept',
      outgoing: {
        notification: { type: 'text', to: '+32470123456', message: 'Your badge is ready' },
        secret: false,
        shownTo: '+32470123456',
      },
      state: 'unknown',
      finishedAt: at,
      why: 'It may have gone out or not.',
    });
  await lost('d1', ago(2 * 24 * 60));
  expect(await sentences()).toEqual([]);
  await lost('d2', ago(60));
  await lost('d3', ago(30));
  expect(await sentences()).toEqual([
    'Messages: 2 messages were not delivered, or no one knows whether they were',
  ]);
});

test('an audit log that nobody seals is said after a quarter of an hour', async () => {
  await database.transact((tx) => tx.audit('keys.rotated', { actor: { kind: 'system' } }));
  const later = await checkUpkeep(database.stores, new Date(NOW.getTime() + 15 * 60_000));
  expect(later).toMatchObject([
    {
      check: 'Audit log',
      sentence: 'One entry is not sealed yet; it was written at 2026-11-25T12:00:00Z',
    },
  ]);
});
