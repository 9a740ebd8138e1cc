/** Several worker processes share one PostgreSQL database, and one of them dies in the middle. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { startApp } from '../../src/app/app.ts';
import { type Fleet, startFleet } from '../support/company/fleet.ts';
import { startMainProcess } from '../support/company/main-process.ts';
import { type CountingParty, startCountingParty } from '../support/counting-party.ts';
import { type EmptyPostgres, emptyPostgres, migratedPostgres } from '../support/peers/postgres.ts';
import { openRunLab, type RunLab } from '../support/run-lab.ts';
import { until } from '../support/until.ts';

const RUNS = 60;
const PROCESSES = 3;
/** Each process asks one host 8 things at a time: when so many are asked, each process waits for some. */
const MAX_OF_A_WAVE = 20;
const SLOW_MS = 1000;
const jobsFolder = new URL('../../dist/src/jobs/', import.meta.url);

let database: EmptyPostgres;
let party: CountingParty;
let lab: RunLab;
let fleet: Fleet | undefined;
/** How long the third party takes. */
let answerMs: number;
beforeEach(async () => {
  fleet = undefined;
  database = await migratedPostgres();
  answerMs = 20;
  party = await startCountingParty(() => answerMs);
  lab = await openRunLab(database.url, party);
});
afterEach(async () => {
  await fleet?.stop();
  await lab.close();
  await party.close();
  await database.cleanup();
});

test('every run ends, and no write is sent twice but where it was recorded as unknown first', async () => {
  answerMs = SLOW_MS;
  fleet = await startFleet(PROCESSES, lab.environment, new URL('worker-process.js', jobsFolder));
  await lab.start(RUNS, ['writes']);
  await until(() => party.hits.size >= MAX_OF_A_WAVE);
  await fleet.replace(0);
  answerMs = 20;
  await until(async () => {
    await lab.retryAll();
    return (await lab.unfinished()) === 0;
  });

  const figures = await lab.figures();
  expect(figures).toMatchObject({
    unfinished: 0,
    resentAfterDone: 0,
    sentTwiceUnrecorded: 0,
    neverArrived: 0,
  });
  expect(Object.keys(figures.outcomes)).toEqual(['succeeded']);
  // A run that was cut in the middle of a write was repeated, and of those there is at least one.
  expect(figures.sentTwice).toBeGreaterThan(0);
}, 120_000);

test('Latchkey starts on PostgreSQL, and its worker runs what is granted', async () => {
  const app = await startApp(
    { ...lab.environment, PORT: String(await freePort(0)), ADMIN_EMAILS: 'ada@lab.example' },
    jobsFolder,
  );
  await app.workerReady();
  await lab.start(1, ['store']);
  await until(async () => (await lab.unfinished()) === 0);
  expect((await lab.figures()).outcomes).toEqual({ succeeded: 1 });
  await app.stop();
});

test('two processes that start at the same moment on an empty PostgreSQL both come up, and nothing failed', async () => {
  const empty = await emptyPostgres();
  const LATCHKEY_KEYS = randomBytes(32).toString('base64url');
  const starting = Array.from({ length: 2 }, () =>
    startMainProcess(() => ({
      DATABASE_URL: empty.url,
      LATCHKEY_KEYS,
      ADMIN_EMAILS: 'ada@lab.example,bo@lab.example',
    })),
  );
  const started = await Promise.allSettled(starting);
  const up = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const refused = started.filter((one) => one.status === 'rejected');
    expect(refused.map(({ reason }) => String(reason))).toEqual([]);
    await Promise.all(up.map((each) => each.logged(/The worker claims jobs/)));
    const [first] = up;
    const admins = (await first?.foundation.stores.people.admins()) ?? [];
    expect(admins.map(({ email }) => email)).toEqual(['ada@lab.example', 'bo@lab.example']);
  } finally {
    await Promise.all(up.map((each) => each.stop()));
    await empty.cleanup();
  }
  expect(up.map((each) => each.log()).join('\n')).not.toMatch(/"level":(50|60)/);
}, 120_000);
