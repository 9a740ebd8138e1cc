/** A text whose key is missing is kept where its row is saved meanwhile: the sentence in its place is never stored. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inLocale } from '../../../src/core/translate.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { createStores } from '../../../src/store/stores.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { hidden, storeEverythingHidden } from '../../support/database/every-row.ts';
import { firstOf } from '../../support/given/outcomes.ts';

const later = new Date('2027-01-01T00:00:00Z');
const page = { offset: 0, limit: 9 };

let database: TestDatabase;
/** Of a process without the key. */
let keyless: Stores;
beforeEach(async () => {
  database = await temporaryDatabase();
  keyless = createStores(database.db, createVault([randomBytes(32)]));
  await storeEverythingHidden(database);
});
afterEach(() => database.cleanup());

test.each(['en', 'de'])('the reason of a list of accounts, read in %s', async (language) => {
  const round = firstOf(await inLocale(language, () => keyless.accountRounds.all()));
  await keyless.accountRounds.save({ ...round, pages: 7 });
  expect(await database.stores.accountRounds.all()).toMatchObject([
    { why: hidden.roundWhy, pages: 7 },
  ]);
});

test('the sentence of a run', async () => {
  const { runs } = await keyless.runs.list({}, page);
  const run = runs.find(({ state }) => state === 'retrying');
  if (run?.state !== 'retrying') throw new Error('There is none');
  await keyless.runs.save({ ...run, dueAt: later });
  expect(await database.stores.runs.find(run.id)).toMatchObject({
    dueAt: later,
    error: { message: hidden.error },
  });
});

test('what an event endpoint answered', async () => {
  const [endpoint] = await database.stores.eventEndpoints.list();
  const list = (stores: Stores) => stores.eventDeliveries.list(endpoint?.id ?? '', page);
  const delivery = firstOf((await list(keyless)).items);
  await keyless.eventDeliveries.save({ ...delivery, attempts: 2 });
  expect((await list(database.stores)).items).toMatchObject([
    { answer: hidden.endpointAnswer, attempts: 2 },
  ]);
});
