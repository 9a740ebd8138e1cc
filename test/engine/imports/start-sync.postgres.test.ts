/** Imports that begin on PostgreSQL in the moment in which their integration is turned off, or someone is left out. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  chooseFound,
  chooseRows,
  importSync,
  startSync,
} from '../../../src/engine/imports/start-sync.ts';
import { leaseSync, offerSync, type SyncRun } from '../../../src/engine/imports/sync-run.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import type { Actor, Integration } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedIntegration } from '../../support/given/added.ts';
import { ofKind } from '../../support/given/outcomes.ts';
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

test.each<[string, (tx: Transaction, run: SyncRun) => Promise<void>]>([
  ['is left out', (tx, run) => chooseRows(tx, run, { emails: ['ann@example.com'], chosen: false })],
  [
    'is left out with all that a search finds',
    (tx, { id: runId }) =>
      chooseFound(
        { runId, search: 'ann', chosen: false },
        { stores: tx, transact: (work) => work(tx) },
      ),
  ],
])('one that takes people while one of them %s waits for that', async (_, leaveOutOf) => {
  const preview = { mode: 'preview', actor } as const;
  const started = await pg.transact((tx) => startSync(tx, source, preview));
  const { run } = ofKind('started', started);
  if (run.state !== 'queued') throw new Error('It has begun');
  const ready = await pg.transact(async (tx) => {
    const read = await tx.syncRuns.save(leaseSync(run, 'worker', now()));
    const [email, runId] = ['ann@example.com', run.id];
    const ann = { runId, seq: 0, email, firstName: 'Ann', lastName: 'Lee' } as const;
    await tx.syncRows.insertMany([{ ...ann, state: 'new', chosen: true }]);
    const counts = { ...read.counts, rows: 1 };
    return tx.syncRuns.save(offerSync({ ...read, counts }, now()));
  });
  const leaveOut = (tx: Transaction) => leaveOutOf(tx, ready);
  const take = async (tx: Transaction) => {
    const done = await importSync(tx, ready, { actor });
    const chosen = { from: 0, below: 9, states: ['new'] } as const;
    return { done, taken: await tx.syncRows.chosenBetween(run.id, chosen, 9) };
  };
  const [, taken] = await overlapping(pg, [leaveOut, take], now);
  expect(taken).toEqual({ done: 'importing', taken: [] });
});
