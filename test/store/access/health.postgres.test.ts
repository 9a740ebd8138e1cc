import { expect, onTestFinished, test } from 'vitest';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { gate } from '../../contracts/queue/job-runner.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { HOUR, testClock } from '../../support/engine.ts';
import { addedIntegration } from '../../support/given/added.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

test('an answer that comes while new settings are being saved does not count', async () => {
  const { now } = testClock();
  const database = await temporaryPostgres(now);
  onTestFinished(() => database.cleanup());
  const { transact, stores, vault } = database;
  const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com/users' }] });
  const about = { name: 'Asana', manifest, secrets: {} };
  const { id } = await addedIntegration(transact, about);
  const askedAt = new Date(now().getTime() - HOUR);

  const [forgotten, mayEnd] = [gate(), gate()];
  const saving = transact(async (tx) => {
    await tx.health.forget(id, now());
    forgotten.open();
    await mayEnd.opened;
  });
  await forgotten.opened;
  const elsewhere = unitOfWork(database.connect(), vault, { now });
  const answering = elsewhere((tx) => tx.health.markOk(id, now(), askedAt));
  await untilOneWaits(database.db);
  mayEnd.open();
  await Promise.all([saving, answering]);
  expect(await stores.health.okAt(id)).toBeUndefined();
});
