/** PostgreSQL can't be reached for a while, with runs in flight: the built worker process and main, as in production. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { type App, startApp } from '../../src/app/app.ts';
import { type CountingParty, startCountingParty } from '../support/counting-party.ts';
import { type Cable, startCable } from '../support/peers/cable.ts';
import { type EmptyPostgres, migratedPostgres } from '../support/peers/postgres.ts';
import { openRunLab, type RunLab } from '../support/run-lab.ts';
import { until } from '../support/until.ts';

const RUNS = 12;
/** Every lane, the sweep and main have failed by then, most of them again and again. */
const REFUSED = 30;
/** Answers that come while the database is away. */
const ANSWER_MS = 200;

let database: EmptyPostgres;
let party: CountingParty;
let lab: RunLab;
let cable: Cable;
let app: App;
beforeEach(async () => {
  database = await migratedPostgres();
  party = await startCountingParty(() => ANSWER_MS);
  lab = await openRunLab(database.url, party);
  const address = new URL(database.url);
  cable = await startCable(Number(address.port));
  address.port = String(cable.port);
  app = await startApp(
    { ...lab.environment, DATABASE_URL: address.href, PORT: String(await freePort(0)) },
    new URL('../../dist/src/jobs/', import.meta.url),
  );
});
afterEach(async () => {
  cable.mend();
  await app.stop();
  await cable.close();
  await lab.close();
  await party.close();
  await database.cleanup();
});

async function ready(): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${app.url}/readyz`);
  return { status: response.status, text: await response.text() };
}

async function saysDatabase(): Promise<void> {
  const { status, text } = await ready();
  expect(status).toBe(503);
  expect(text).toContain('database');
}

test('the worker goes on when it is back, every run ends in the truth, and until then /readyz says why nothing works', async () => {
  const pid = await app.workerReady();
  expect((await ready()).status).toBe(200);
  await lab.start(RUNS, ['writes', 'poll']);
  await until(() => party.hits.size > 0);
  cable.cut();
  await saysDatabase();
  await cable.refused(REFUSED);
  await saysDatabase();

  cable.mend();
  await until(async () => {
    await lab.retryAll();
    return (await lab.unfinished()) === 0;
  });
  expect(await lab.figures()).toMatchObject({
    outcomes: { succeeded: RUNS },
    resentAfterDone: 0,
    sentTwiceUnrecorded: 0,
    neverArrived: 0,
  });
  expect(await app.workerReady()).toBe(pid); // The same process: it neither ended nor hung.
  await until(async () => (await ready()).status === 200); // With its next sign of life, a second later.
});
