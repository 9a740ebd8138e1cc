import { expect, onTestFinished, test } from 'vitest';
import { gather } from '../../../src/engine/calls/context.ts';
import type { Tokens } from '../../../src/engine/calls/oauth.ts';
import { firstToken } from '../../../src/engine/calls/token-answer.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { testClock } from '../../support/engine.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { ok } from '../../support/given/outcomes.ts';
import { workerOn } from '../../support/given/worker.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';
import { startThirdParty } from '../../support/peers/third-party.ts';

test('twenty calls at once of four processes that share PostgreSQL cause one refresh', async () => {
  const { now } = testClock();
  const database = await temporaryPostgres(now);
  onTestFinished(() => database.cleanup());
  const party = await startThirdParty();
  onTestFinished(() => party.close());
  const { stores, transact, vault } = database;

  const manifest = JSON.stringify({
    oauth: {
      authenticate_url: `${party.url}/auth`,
      access_token: { url: `${party.url}/token` },
      refresh: { url: `${party.url}/refresh`, data: { token: '{{oauth.refresh_token}}' } },
    },
    execute: [{ url: `${party.url}/users` }],
  });
  const email = 'grace@example.com';
  const person = await addedPerson(transact, { email, firstName: 'Grace' });
  const { id } = await addedIntegration(transact, { manifest });
  const expired = { access_token: 'a-1', refresh_token: 'r-1', expires_in: 60 };
  await stores.oauth.put(firstToken(id, expired, now()));
  party.on('POST /refresh', {
    json: { access_token: 'a-2', refresh_token: 'r-2', expires_in: 3600 },
  });

  const processes = Array.from({ length: 4 }, (): Tokens => {
    const db = database.connect();
    const process = { stores: createStores(db, vault), transact: unitOfWork(db, vault, { now }) };
    return workerOn({ ...process, now }).tokens;
  });
  const gathered = ok(await gather(stores, { personId: person.id, integrationId: id }));
  const calls = Array.from({ length: 5 }, () =>
    processes.map((each) => each.fresh(gathered.context)),
  );
  const fresh = await Promise.all(calls.flat());

  expect(party.requests.map(({ url, body }) => [url, body])).toEqual([['/refresh', 'token=r-1']]);
  expect(fresh.map((each) => each.ok && each.context.token?.answer['access_token'])).toEqual(
    Array.from({ length: 20 }, () => 'a-2'),
  );
  expect(await stores.oauth.find(id)).toMatchObject({ generation: 2, state: 'connected' });
});
