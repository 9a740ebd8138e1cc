/**
 * A new version starts on the PostgreSQL that processes of the one before still use, as in a roll-out: it migrates, and they go
 * on. Its migration only adds (`test/store/migrations/expand.test.ts`).
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MainProcess, startMainProcess } from '../../support/company/main-process.ts';
import { type NextVersion, nextVersion } from '../../support/company/next-version.ts';
import { type CountingParty, startCountingParty } from '../../support/counting-party.ts';
import { type EmptyPostgres, migratedPostgres } from '../../support/peers/postgres.ts';
import { openRunLab, type RunLab } from '../../support/run-lab.ts';
import { until } from '../../support/until.ts';

let next: NextVersion;
let database: EmptyPostgres;
let party: CountingParty;
let lab: RunLab;
let running: MainProcess[];
beforeEach(async () => {
  running = [];
  next = await nextVersion();
  database = await migratedPostgres();
  party = await startCountingParty(() => 5);
  lab = await openRunLab(database.url, party);
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  await lab.close();
  await party.close();
  await database.cleanup();
  await next.remove();
});

async function start(main?: string): Promise<MainProcess> {
  const started = await startMainProcess(() => ({ ...lab.environment }), main);
  running.push(started);
  await started.logged(/The worker claims jobs/);
  return started;
}

async function grantsAreDone(): Promise<void> {
  await lab.start(8, ['writes', 'store']);
  await until(async () => (await lab.unfinished()) === 0);
}

const isReady = async ({ url }: MainProcess): Promise<boolean> => (await fetch(`${url}/readyz`)).ok;

test('processes of this version live on after the next one has migrated, and none starts any more', async () => {
  const old = await start();
  await grantsAreDone(); // Its connections know the tables as they were.

  const newer = await start(next.main);
  expect(newer.log()).toContain(`"version":"${next.version}"`);
  expect(await database.connect().schema.hasColumn('runs', 'next_note')).toBe(true);
  await grantsAreDone();
  expect(await isReady(old)).toBe(true);

  await newer.stop();
  running = [old];
  await grantsAreDone(); // The old one alone.
  expect((await lab.figures()).outcomes).toEqual({ succeeded: 24 });
  expect(old.log() + newer.log()).not.toMatch(/"level":(50|60)/);

  await expect(start()).rejects.toThrow('A newer Latchkey has changed this database (9999-next)');
  expect(await isReady(old)).toBe(true);
});
