/** The warnings of an import that went on while their key was missing. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { finishSync, leaseSync } from '../../../src/engine/imports/sync-run.ts';
import { createStores } from '../../../src/store/stores.ts';
import { resealAll } from '../../../src/store/vault/reseal.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';

const noon = new Date('2026-11-25T12:00:00Z');
const [lost, other] = [randomBytes(32), randomBytes(32)];
const unread = "What was stored about this can't be read.";

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase(() => noon);
});
afterEach(() => database.cleanup());

const within = (...keys: readonly Buffer[]) =>
  createStores(database.db, createVault(keys)).syncRuns;

/** It is begun with one key, and ends with another. */
async function interrupted(): Promise<string> {
  const integrationId = newId();
  const app = { id: integrationId, version: 1, name: 'HR', enabled: true, createdAt: noon };
  await database.stores.integrations.insert(app);
  const warnings = ["Ann's last day was not set"];
  const run = aSyncRun({ integrationId, createdAt: noon, warnings });
  await within(lost).insert(run);
  const found = await within(other).find(run.id);
  expect(found).toMatchObject({ warnings: [unread] });
  if (found?.state !== 'queued') throw new Error('The import is not queued');
  const leased = await within(other).save(leaseSync(found, 'w', noon));
  const again = await within(other).find(leased.id);
  if (again?.state !== 'running') throw new Error('The import is not running');
  const said = [...again.warnings, 'Bo has no manager'];
  await within(other).save(finishSync({ ...again, warnings: said }, noon));
  return run.id;
}

test('are kept, and are there again with the key', async () => {
  const id = await interrupted();
  expect((await within(other).find(id))?.warnings).toEqual([unread, 'Bo has no manager']);
  expect((await within(other, lost).find(id))?.warnings).toEqual([
    "Ann's last day was not set",
    'Bo has no manager',
  ]);
});

test('need that key no longer once the keys are rotated', async () => {
  const id = await interrupted();
  const rotate = (...keys: readonly Buffer[]) => resealAll(database.db, createVault(keys));
  expect((await rotate(other)).left).toMatchObject({ 'sync_runs.messages': 1 });
  expect((await rotate(other, lost)).left).not.toHaveProperty(['sync_runs.messages']);
  expect((await within(other).find(id))?.warnings).toEqual([
    "Ann's last day was not set",
    'Bo has no manager',
  ]);
});
