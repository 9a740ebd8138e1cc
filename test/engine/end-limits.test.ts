import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Integration, Person } from '../../src/engine/directory.ts';
import { fireDue } from '../../src/engine/due.ts';
import { limitSources } from '../../src/engine/end-limits.ts';
import { finishTask } from '../../src/engine/manual.ts';
import type { TimeLimit } from '../../src/engine/time-limit.ts';
import { extendLimit, limitAccess } from '../../src/engine/time-limits.ts';
import { HOUR, MINUTE, type TestEngine, testEngine } from '../support/engine.ts';

const DAY = 24 * HOUR;

let engine: TestEngine;
let person: Person;
let told: string[];

beforeEach(async () => {
  engine = await testEngine();
  told = [];
  person = await engine.person();
});
afterEach(() => engine.cleanup());

const parts = () => ({
  now: engine.now,
  newId: engine.newId,
  randomBytes: engine.randomBytes,
  timeZone: 'UTC',
  taskNews: {
    opened: async (_tx: unknown, { title }: { title: string }) => void told.push(title),
    ended: async () => undefined,
  },
  limitNews: {
    ending: async () => void told.push('ending'),
    ended: async () => void told.push('ended'),
    stuck: async (_tx: unknown, _limit: TimeLimit, why: string) => void told.push(`stuck: ${why}`),
  },
});

/** One tick, then everything that a worker would do by now. */
async function tick(): Promise<void> {
  const { stores, transact } = engine;
  const onError = (error: unknown) => {
    throw error;
  };
  await fireDue({ stores, transact, sources: limitSources(parts()), onError }, engine.now());
  await engine.runJobs();
}

/** Minute by minute would take long; the tick computes what is due from the database, however late it comes. */
async function later(ms: number): Promise<void> {
  engine.clock.advance(ms);
  await tick();
}

const manifest = () => ({
  exists: { method: 'GET', url: `${engine.party.url}/users`, expected: '{{email}}' },
  execute: [{ url: `${engine.party.url}/users` }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
});

async function limited(integration: Integration, days = 7): Promise<TimeLimit> {
  const limit = await engine.transact((tx) =>
    limitAccess(tx, { person, integration, days }, parts()),
  );
  if (!limit) throw new Error('It has no end');
  return limit;
}

const limitNow = async ({ id }: TimeLimit) => engine.stores.timeLimits.find(id);
const requestsOf = (method: string) =>
  engine.party.requests.filter((each) => each.method === method).length;

test('a warning comes a day before the end, once', async () => {
  await limited(await engine.integration(manifest()));
  await later(6 * DAY - MINUTE);
  expect(told).toEqual([]);
  await later(2 * MINUTE);
  await later(MINUTE);
  expect(told).toEqual(['ending']);
});

test('at its end the access is revoked, asked, and the limit ends when it is gone', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [] });
  const limit = await limited(await engine.integration(manifest()));
  await later(7 * DAY + MINUTE);
  expect(requestsOf('DELETE')).toBe(1);
  expect((await limitNow(limit))?.state).toBe('ending');
  await later(MINUTE); // With the next tick: it is known to be gone.
  expect((await limitNow(limit))?.state).toBe('ended');
  expect(told).toEqual(['ended']);
  await later(DAY);
  expect(requestsOf('DELETE')).toBe(1);
});

test('a revoke that fails is tried again and told, until it works', async () => {
  engine.party.on('DELETE /users', { status: 500 });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  const limit = await limited(await engine.integration(manifest()));
  await later(7 * DAY + MINUTE);
  await later(20 * MINUTE);
  expect(told.at(-1)).toMatch(/^stuck: The last try failed/);
  expect(requestsOf('DELETE')).toBe(2);
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [] });
  await later(2 * HOUR);
  await later(5 * HOUR);
  expect((await limitNow(limit))?.state).toBe('ended');
});

test('without exists it has ended with the next tick after its revoke', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  const { exists: _, ...rest } = manifest();
  const limit = await limited(await engine.integration(rest));
  await later(7 * DAY + MINUTE);
  await later(MINUTE);
  expect((await limitNow(limit))?.state).toBe('ended');
});

test('one that was extended doesn’t end where it would have, and warns again', async () => {
  const integration = await engine.integration(manifest());
  const limit = await limited(integration);
  await later(6 * DAY + MINUTE);
  await engine.transact((tx) =>
    extendLimit(tx, {
      id: 'r',
      version: 1,
      kind: 'extend',
      integrationId: integration.id,
      personId: person.id,
      requestedById: person.id,
      days: 3,
      createdAt: engine.now(),
      state: 'open',
    }),
  );
  await later(DAY);
  expect((await limitNow(limit))?.state).toBe('running');
  expect(requestsOf('DELETE')).toBe(0);
  await later(2 * DAY);
  expect(told).toEqual(['ending', 'ending']);
});

test('without a revoke somebody is asked to do it, and the limit ends when they have', async () => {
  const { revoke: _, ...without } = manifest();
  const integration = await engine.integration(without);
  const limit = await limited(integration);
  await later(7 * DAY + MINUTE);
  expect(told).toEqual([`Take Asana away from Grace Hopper`]);
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  const [task] = tasks;
  if (!task) throw new Error('There is no task');
  await engine.transact((tx) =>
    finishTask(tx, task, { person: engine.admin, actor: engine.actor }, parts()),
  );
  await later(MINUTE);
  expect((await limitNow(limit))?.state).toBe('ended');
});

test('a revoke by hand before the end lifts it: nothing is warned of or revoked again', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [] });
  const integration = await engine.integration(manifest());
  const limit = await limited(integration);
  await engine.revoke(person, integration);
  await engine.runJobs();
  expect((await limitNow(limit))?.state).toBe('lifted');
  await later(8 * DAY);
  expect(requestsOf('DELETE')).toBe(1);
  expect(told).toEqual([]);
});

test('a revoke that fails leaves the end where it is', async () => {
  engine.party.on('DELETE /users', { status: 500 });
  const integration = await engine.integration(manifest());
  const limit = await limited(integration);
  await engine.revoke(person, integration);
  await engine.runJobs();
  expect((await limitNow(limit))?.state).toBe('running');
});

test('a grant that fails for good before it has sent anything leaves no end', async () => {
  const integration = await engine.integration({
    execute: [{ method: 'GET', url: `${engine.party.url}/nobody` }],
  });
  engine.party.on('GET /nobody', { status: 500 });
  const limit = await limited(integration);
  await engine.grant(person, integration);
  await engine.runJobs();
  expect((await limitNow(limit))?.state).toBe('running'); // It is tried once more.
  await engine.later(2 * HOUR);
  expect((await limitNow(limit))?.state).toBe('lifted');
});

test('a grant that fails after it may have given access keeps its end', async () => {
  const integration = await engine.integration(manifest());
  engine.party.on('POST /users', { status: 500 });
  const limit = await limited(integration);
  await engine.grant(person, integration);
  await engine.runJobs();
  await engine.later(2 * HOUR);
  expect((await limitNow(limit))?.state).toBe('running');
});

test('nobody is warned of the end of what they are known not to have', async () => {
  const integration = await engine.integration(manifest());
  await limited(integration);
  await engine.transact((tx) =>
    tx.access.put({
      personId: person.id,
      integrationId: integration.id,
      state: 'none',
      reason: 'It said so.',
      since: engine.now(),
      checkedAt: engine.now(),
    }),
  );
  await later(6 * DAY + MINUTE);
  expect(told).toEqual([]);
});

test('a revoke that goes through and leaves the access there is told, too', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  const limit = await limited(await engine.integration(manifest()));
  await later(7 * DAY + MINUTE);
  await later(20 * MINUTE);
  await later(3 * MINUTE); // It was asked meanwhile.
  expect(told.at(-1)).toBe(
    'stuck: The last try went through, and the access is there all the same.',
  );
  expect((await limitNow(limit))?.state).toBe('ending');
});

test('a revoke that goes through and leaves the access there doesn’t lift its end', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  const integration = await engine.integration(manifest());
  const limit = await limited(integration);
  await engine.revoke(person, integration);
  await engine.runJobs();
  expect((await limitNow(limit))?.state).toBe('running');
});

test('a revoke lifts the end where nobody can ask whether it is gone', async () => {
  engine.party.on('DELETE /users', { status: 204 });
  const { exists: _, ...without } = manifest();
  const integration = await engine.integration(without);
  const limit = await limited(integration);
  await engine.revoke(person, integration);
  await engine.runJobs();
  expect((await limitNow(limit))?.state).toBe('lifted');
});
