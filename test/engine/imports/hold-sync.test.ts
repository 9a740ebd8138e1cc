/** Two workers at one import, and someone who stops it: on either database, nothing of the slower one's batch stays. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type HeldRun,
  LostSync,
  takeSync,
  whileOurs,
} from '../../../src/engine/imports/hold-sync.ts';
import { endSync, startSync } from '../../../src/engine/imports/start-sync.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';
import { actor, addSource } from './an-import.ts';

describe.each(bothDatabases)('%s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let now: Date;
  let runId: string;
  beforeEach(async () => {
    now = new Date('2026-12-01T08:00:00Z');
    database = await open(() => now);
    const reads = { data_from: 'people', data_structure: { email: 'mail' } };
    const source = await addSource(database, 'HR', reads);
    const started = await database.transact((tx) =>
      startSync(tx, source, { mode: 'import', actor }),
    );
    runId = ofKind('started', started).run.id;
  });
  afterEach(() => database.cleanup());

  const worker = (workerId: string) => ({ ...database, workerId });
  const taken = async (workerId: string) => present(await takeSync(runId, worker(workerId)));

  /** The rows first, as in each batch. */
  const batch = (name: string) => async (tx: Transaction, ours: HeldRun) => {
    const row = { runId: ours.id, seq: 0, email: 'ann@x.io', lastName: '' } as const;
    await tx.syncRows.insertMany([{ ...row, firstName: name, state: 'new', chosen: true }]);
    return tx.syncRuns.save(ours);
  };
  const stored = async () =>
    (await database.stores.syncRows.list(runId, {}, { offset: 0, limit: 9 })).rows.map(
      ({ firstName }) => firstName,
    );

  test('a worker that has lost the import stores nothing, also where another one has stored the same rows', async () => {
    const slow = await taken('slow');
    now = new Date(now.getTime() + 3_600_000);
    await whileOurs(await taken('quick'), worker('quick'), batch('of the quick one'));
    const storing = whileOurs(slow, worker('slow'), batch('of the slow one'));
    await expect(storing).rejects.toThrow(LostSync);
    expect(await stored()).toEqual(['of the quick one']);
  });

  test('nothing of a batch is stored when the import was stopped since the last one', async () => {
    const run = await taken('w');
    await database.transact((tx) => endSync(tx, run, { actor }));
    await expect(whileOurs(run, worker('w'), batch('late'))).rejects.toThrow(LostSync);
    expect(await stored()).toEqual([]);
  });

  test('what fails at first runs once more with the import as it is now, and fails with its own error', async () => {
    const run = await taken('w');
    const versions: number[] = [];
    const storing = whileOurs(run, worker('w'), async (_tx, { version }) => {
      versions.push(version);
      throw new RangeError('A bug');
    });
    await expect(storing).rejects.toThrow('A bug');
    expect(versions).toEqual([run.version, run.version]);
  });
});
