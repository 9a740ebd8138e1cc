/** Imports that begin on PostgreSQL in the moment in which their integration is turned off. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import type { Actor, Integration } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedIntegration } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor: Actor = { kind: 'operator', user: 'root' };

let pg: TestPostgres;
let source: Integration;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  const manifest = JSON.stringify({
    action: 'create',
    execute: [{ url: 'https://hr.example.com/users', method: 'GET' }],
    data_structure: { email: 'mail' },
  });
  source = await addedIntegration(pg.transact, { name: 'HR', manifest });
});
afterEach(() => pg.cleanup());

const begin = (tx: Transaction) => startSync(tx, source, { mode: 'import', actor });
const stop = (tx: Transaction) => turnOff(tx, source, { actor });
const states = async () =>
  (await pg.stores.syncRuns.list({ integrationId: source.id }, { offset: 0, limit: 9 })).runs.map(
    ({ state }) => state,
  );

test('one that begins while it is turned off is refused', async () => {
  const [, started] = await overlapping(pg, [stop, begin], now);
  expect(started.kind).toBe('refused');
  expect(await states()).toEqual([]);
});

test('one that is about to begin is cancelled', async () => {
  await overlapping(pg, [begin, stop], now);
  expect(await states()).toEqual(['cancelled']);
});
