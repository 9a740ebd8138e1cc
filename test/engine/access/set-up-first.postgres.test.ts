import { afterEach, beforeEach, expect, test } from 'vitest';
import { type StartResult, startGrant } from '../../../src/engine/access/grant.ts';
import { addIntegration, setSecrets } from '../../../src/engine/integrations/integrations.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;
let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

test('a grant that begins in the moment in which its app gets its secrets does not wait for them', async () => {
  const { transact } = database;
  const person = await addedPerson(transact, { email: 'ann@example.com' });
  const manifest = JSON.stringify({
    initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    execute: [{ url: 'https://api.example.com' }],
  });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {} }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  const { integration } = added;
  const elsewhere = unitOfWork(database.connect(), database.vault, { now });
  let granted: Promise<StartResult> | undefined;
  await transact(async (tx) => {
    await setSecrets(tx, integration, { secrets: { TOKEN: 't' }, actor });
    granted = elsewhere((other) =>
      startGrant(other, { actor, person, integration, source: 'sequence', form: {} }),
    );
    await Promise.race([untilOneWaits(database.db), granted]);
  });
  expect(await granted).toMatchObject({ kind: 'started' });
});
