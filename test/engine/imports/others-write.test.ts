/** What an import leaves to others who write. */
import { beforeEach, expect, test } from 'vitest';
import { inTurns, LostSync, takeSync, whileOurs } from '../../../src/engine/imports/hold-sync.ts';
import { endSync, startSync } from '../../../src/engine/imports/start-sync.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { present } from '../../support/given/outcomes.ts';
import { actor, addSource, importFrom } from './an-import.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await temporaryDatabase();
  return () => database.cleanup();
});

const reads = { data_from: 'people', data_structure: { email: 'mail', manager_email: 'boss' } };

test('they write while rows are judged', async () => {
  const { stores, transact } = database;
  const source = await addSource(database, 'HR', reads);
  let written = 0;
  const people = {
    ...stores.people,
    async findByEmails(emails: readonly string[]) {
      await transact(async () => void (written += 1));
      return stores.people.findByEmails(emails);
    },
  };
  const answer = { people: [{ mail: 'ann@x.io' }] };
  const { counts } = await importFrom(source, answer, { stores: { ...stores, people }, transact });
  expect(counts.created).toBe(1);
  expect(written).toBeGreaterThan(0);
});

test('looking for the few who lack their manager takes few transactions', async () => {
  const source = await addSource(database, 'HR', reads);
  const others = Array.from({ length: 1000 }, (_, n) => ({ mail: `p${n}@x.io` }));
  const people = [{ mail: 'ann@x.io', boss: 'boss@x.io' }, ...others, { mail: 'boss@x.io' }];
  let transactions = 0;
  const transact: UnitOfWork = (work) => {
    transactions += 1;
    return database.transact(work);
  };
  await importFrom(source, { people }, { stores: database.stores, transact });
  const [ann, boss] = await database.stores.people.findByEmails(['ann@x.io', 'boss@x.io']);
  expect(ann?.managerId).toBe(present(boss).id);
  expect(transactions).toBeLessThan(20);
});

test('more managers of people who were here before than one transaction may set are set by the next ones', async () => {
  const source = await addSource(database, 'HR', reads);
  const mails = Array.from({ length: 120 }, (_, n) => `p${n}@x.io`);
  await importFrom(source, { people: mails.map((mail) => ({ mail })) }, database);
  const reports = mails.map((mail) => ({ mail, boss: 'boss@x.io' }));
  await importFrom(source, { people: [...reports, { mail: 'boss@x.io' }] }, database);
  const boss = present(await database.stores.people.findByEmail('boss@x.io'));
  expect(await database.stores.people.reportsOf(boss.id)).toHaveLength(120);
});

test('someone who is ignored while the import adds others before them is not added', async () => {
  const { stores, transact } = database;
  const source = await addSource(database, 'HR', reads);
  const people = Array.from({ length: 700 }, (_, n) => ({ mail: `p${n}@x.io` }));
  const last = 'p699@x.io';
  let wasRead = false;
  const syncRows = {
    ...stores.syncRows,
    async chosenBetween(...asked: Parameters<typeof stores.syncRows.chosenBetween>) {
      const rows = await stores.syncRows.chosenBetween(...asked);
      if (!rows.some(({ email }) => email === last)) return rows;
      wasRead = true;
      await transact((tx) => tx.ignoredEmails.addMany([{ email: last, by: actor, at: tx.now }]));
      return rows;
    },
  };
  const { counts } = await importFrom(
    source,
    { people },
    { stores: { ...stores, syncRows }, transact },
  );
  expect(wasRead).toBe(true);
  expect(counts).toMatchObject({ created: 699, skipped: { ignored: 1 } });
  expect(await stores.people.findByEmail(last)).toBeUndefined();
});

/** An import of this worker. */
async function heldImport() {
  const source = await addSource(database, 'HR', reads);
  const started = await database.transact((tx) => startSync(tx, source, { mode: 'import', actor }));
  if (started.kind !== 'started') throw new Error(started.kind);
  const deps = { ...database, workerId: 'worker-1' };
  return { deps, run: present(await takeSync(started.run.id, deps)) };
}

test('nothing of a batch is stored when the import was cancelled since the last one', async () => {
  const { deps, run } = await heldImport();
  await database.transact((tx) => endSync(tx, run, { actor }));
  const storing = whileOurs(run, deps, async (tx, ours) => {
    const row = { seq: 0, email: 'ann@x.io', firstName: '', lastName: '' } as const;
    await tx.syncRows.insertMany([{ ...row, runId: ours.id, state: 'new', chosen: true }]);
    return tx.syncRuns.save(ours);
  });
  await expect(storing).rejects.toThrow(LostSync);
  expect(await database.stores.syncRows.count(run.id, {})).toBe(0);
});

test('a batch writes its import once, and doesn’t read it', async () => {
  const { deps, run } = await heldImport();
  const statements = await statementsOf(database.db, () =>
    whileOurs(run, deps, (tx, ours) => tx.syncRuns.save(ours)),
  );
  const about = statements.map(({ sql }) => sql).filter((sql) => sql.includes('sync_runs'));
  expect(about).toEqual([expect.stringMatching(/^update `sync_runs` set/)]);
});

test('a transaction begins 5 ms after the one before; what is done meanwhile counts', async () => {
  let at = 1000;
  const paused: number[] = [];
  const pause = async (ms: number) => void paused.push(ms);
  const transact = inTurns(database.transact, { now: () => new Date(at), pause });
  const write = () => transact(async () => undefined);
  await write();
  await write();
  at += 3;
  await write();
  at += 5;
  await write();
  at -= 60_000; // Someone set the clock back.
  await write();
  expect(paused).toEqual([5, 2, 5]);
});
