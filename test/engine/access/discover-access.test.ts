/** Access that was there before Latchkey is found, kept as found, and removed in the end like any other. */
import { beforeEach, expect, test } from 'vitest';
import {
  advanceDiscovery,
  beginDiscovery,
  stopDiscovery,
} from '../../../src/engine/access/discover-access.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Http } from '../../../src/engine/ports/http.ts';
import { giveUpJob } from '../../../src/engine/work/give-up.ts';
import { MINUTE, SECOND, type TestEngine, testEngine } from '../../support/engine.ts';

let engine: TestEngine;
let integration: Integration;
let admin: Person;

const manifest = () => ({
  exists: {
    method: 'GET',
    url: `${engine.party.url}/users/{{first_name}}`,
    fail_when_4xx_response_code: false,
  },
  execute: [{ url: `${engine.party.url}/users` }],
  revoke: [{ url: `${engine.party.url}/users/{{first_name}}`, method: 'DELETE' }],
});

beforeEach(async () => {
  engine = await testEngine();
  integration = await engine.integration(manifest());
  admin = (await engine.stores.people.admins())[0] as Person;
});

const actor = () => ({ kind: 'person', personId: admin.id, via: 'slack' }) as const;
const begin = () => engine.transact((tx) => beginDiscovery(tx, integration, actor()));
const discovery = () => engine.stores.discoveries.at(integration.id);
const holdsOf = ({ id }: Person) => engine.stores.holds.openAt(id, integration.id);
const is = (name: string, has: boolean) =>
  engine.party.on(`GET /users/${name}`, has ? { json: { name } } : { status: 404 });

async function someone(firstName: string, has: boolean): Promise<Person> {
  is(firstName, has);
  return engine.person({ firstName, email: `${firstName.toLowerCase()}@example.com` });
}

/** More people than one job checks; the admin is one more. */
async function dozen(): Promise<readonly Person[]> {
  is(admin.firstName, false);
  const people: Person[] = [];
  for (let index = 0; index < 12; index += 1) people.push(await someone(`P${index}`, true));
  return people;
}

test('access that is there gets a found hold, and who has none gets none', async () => {
  const [ann, bo] = [await someone('Ann', true), await someone('Bo', false)];
  is(admin.firstName, false);
  await begin();
  await engine.runJobs();
  expect(await holdsOf(ann)).toMatchObject([{ source: 'found', givenBy: actor() }]);
  expect(await holdsOf(bo)).toEqual([]);
  expect(await discovery()).toMatchObject({ state: 'done', checked: 3, found: 1, unconfirmed: 0 });
  expect(engine.party.sent('POST')).toBe(0);
});

test('the admin who started it gets the card when everyone was checked', async () => {
  await someone('Ann', true);
  await begin();
  await engine.runJobs();
  expect(engine.chat.filter(({ name }) => name === 'message.post')).toMatchObject([
    { payload: { personId: admin.id, card: { view: 'discoveries' } } },
  ]);
});

test('the admin who started it is told when it ends, whatever another admin has started', async () => {
  const bea = await engine.person({ firstName: 'Bea', role: 'admin', email: 'bea@example.com' });
  is(admin.firstName, false);
  is('Bea', false);
  const other = await engine.integration(manifest(), {}, 'Other');
  const theirs = { kind: 'person', personId: bea.id, via: 'slack' } as const;
  await engine.transact((tx) => beginDiscovery(tx, other, theirs));
  await begin();
  await advanceDiscovery(integration.id, engine.worker());
  const told = async () => {
    await engine.runJobs(['chat']);
    return engine.chat.flatMap(({ payload }) => ('personId' in payload ? payload.personId : []));
  };
  expect(await told()).toEqual([admin.id]);
  await engine.transact((tx) => stopDiscovery(tx, other.id, actor()));
  expect(await told()).toEqual([admin.id, bea.id]);
});

test('an admin who started two of them gets one message', async () => {
  is(admin.firstName, false);
  const other = await engine.integration(manifest(), {}, 'Other');
  await engine.transact((tx) => beginDiscovery(tx, other, actor()));
  await begin();
  await advanceDiscovery(integration.id, engine.worker());
  await engine.runJobs(['chat']);
  const posts = () => engine.chat.filter(({ name }) => name === 'message.post');
  expect(posts()).toEqual([]);
  await engine.runJobs();
  expect(posts()).toHaveLength(1);
});

test('access that a hold explains already is not found again', async () => {
  const ann = await someone('Ann', true);
  await begin();
  await engine.runJobs();
  await begin();
  await engine.runJobs();
  expect(await holdsOf(ann)).toHaveLength(1);
  expect(await discovery()).toMatchObject({ state: 'done', found: 0 });
});

test('someone who has left is not checked', async () => {
  const ann = await someone('Ann', true);
  await engine.change(ann, { active: false });
  await begin();
  await engine.runJobs();
  expect(engine.party.sent('GET', 'Ann')).toBe(0);
});

test('what is not confirmed is counted, and nothing is kept of it', async () => {
  const ann = await someone('Ann', true);
  engine.party.on('GET /users/Ann', { status: 500 });
  await begin();
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'done', found: 0 });
  expect((await discovery())?.unconfirmed).toBeGreaterThan(0);
  expect(await holdsOf(ann)).toEqual([]);
});

test('someone whose row is damaged is not confirmed, and the others are checked', async () => {
  const [ann, odd, zoe] = [
    await someone('Ann', true),
    await someone('Odd', true),
    await someone('Zoe', true),
  ];
  is(admin.firstName, false);
  await engine.db('people').where({ id: odd.id }).update({ stored: 'no JSON' });
  await begin();
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'done', checked: 4, found: 2, unconfirmed: 1 });
  for (const person of [ann, zoe]) expect(await holdsOf(person)).toHaveLength(1);
});

test('everyone is counted once where a worker dies before it has stored what it checked', async () => {
  const people = await dozen();
  await begin();
  const dying = { ...engine.worker(), transact: failsToKeep() };
  await expect(advanceDiscovery(integration.id, dying)).rejects.toThrow('died');
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'done', checked: 13, found: 12 });
  for (const person of people) expect(await holdsOf(person)).toHaveLength(1);
});

/** A worker that dies in the transaction that keeps what was found. */
const failsToKeep = (): TestEngine['transact'] => (work) =>
  engine.transact(async (tx) => {
    const done = await work(tx);
    const isKept = (await tx.discoveries.at(integration.id))?.lastPersonId !== '';
    if (isKept) throw new Error('The worker died');
    return done;
  });

test('it waits while the app is down, and goes on where it was', async () => {
  await dozen();
  await begin();
  const down: Http = {
    send: async () => ({
      kind: 'failed',
      code: 'circuit-open',
      message: 'It is given a break',
      maySent: false,
      retryAfterMs: MINUTE,
    }),
  };
  await advanceDiscovery(integration.id, { ...engine.worker(), http: down });
  const waiting = await discovery();
  expect(waiting).toMatchObject({ state: 'running', checked: 0, waitsSince: engine.now() });
  expect(waiting?.dueAt).toEqual(new Date(engine.now().getTime() + MINUTE));
  await engine.runJobs();
  expect((await discovery())?.checked).toBe(0);
  await engine.later(MINUTE);
  expect(await discovery()).toMatchObject({ state: 'done', checked: 13 });
  expect((await discovery())?.waitsSince).toBeUndefined();
});

test.each([
  [429, { 'retry-after': '120' }, 2 * MINUTE],
  [429, { 'retry-after': '0' }, SECOND],
  [503, {}, MINUTE],
])('it waits where the app answers %i, and leaves no one out', async (status, headers, pauseMs) => {
  const ann = await someone('Ann', true);
  is(admin.firstName, false);
  engine.party.on('GET /users/Ann', { status, headers });
  await begin();
  await engine.runJobs();
  const waiting = await discovery();
  expect(waiting).toMatchObject({ state: 'running', unconfirmed: 0, waitsSince: engine.now() });
  expect(waiting?.dueAt).toEqual(new Date(engine.now().getTime() + pauseMs));
  is('Ann', true);
  await engine.later(pauseMs);
  expect(await discovery()).toMatchObject({ state: 'done', found: 1, unconfirmed: 0 });
  expect(await holdsOf(ann)).toHaveLength(1);
});

test('someone for whom the app fails for an hour is not confirmed, and the others are checked', async () => {
  await someone('Ann', true);
  is(admin.firstName, false);
  engine.party.on('GET /users/Ann', { status: 429, headers: { 'retry-after': '1800' } });
  await begin();
  for (let halfHours = 0; halfHours < 4; halfHours += 1) await engine.later(30 * MINUTE);
  expect(await discovery()).toMatchObject({ state: 'done', checked: 2, unconfirmed: 1 });
});

test('a job that takes long ends, and the next one goes on', async () => {
  await dozen();
  await begin();
  const { http } = engine.worker();
  const slow: Http = {
    send: (...wanted) => {
      engine.clock.advance(20_000);
      return http.send(...wanted);
    },
  };
  await advanceDiscovery(integration.id, { ...engine.worker(), http: slow });
  expect(await discovery()).toMatchObject({ state: 'running', checked: 1 });
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'done', checked: 13 });
});

test('what two workers check at once counts once', async () => {
  await dozen();
  await begin();
  const advance = () => advanceDiscovery(integration.id, engine.worker());
  await Promise.all([advance(), advance()]);
  expect(await discovery()).toMatchObject({ checked: 10 });
});

test('access that is being removed is not found', async () => {
  const ann = await someone('Ann', true);
  is(admin.firstName, false);
  engine.party.on('DELETE /users/Ann', { status: 500 });
  await engine.revoke(ann, integration);
  await engine.runJobs();
  await begin();
  await engine.runJobs();
  expect(await holdsOf(ann)).toEqual([]);
  expect(await discovery()).toMatchObject({ state: 'done', found: 0 });
});

test('access that was removed and has come back is for an admin to look at', async () => {
  const ann = await someone('Ann', true);
  is(admin.firstName, false);
  await begin();
  await engine.runJobs();
  engine.party.on('DELETE /users/Ann', { status: 200, json: {} });
  await engine.revoke(ann, integration);
  is('Ann', false);
  await engine.runJobs();
  is('Ann', true);
  await begin();
  await engine.runJobs();
  expect(await holdsOf(ann)).toEqual([]);
});

test('an admin stops it, and it can be started again', async () => {
  await dozen();
  await begin();
  expect(await begin()).toBeUndefined();
  expect(await engine.transact((tx) => stopDiscovery(tx, integration.id, actor()))).toBe(true);
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'stopped', checked: 0 });
  expect(await begin()).toMatchObject({ state: 'running' });
});

test('it stops where its integration is turned off', async () => {
  await dozen();
  await begin();
  await engine.transact((tx) => tx.integrations.save({ ...integration, enabled: false }));
  await engine.runJobs();
  expect(await discovery()).toMatchObject({ state: 'stopped' });
  expect(engine.party.requests).toEqual([]);
});

test('it does not begin where Latchkey has no way to check', async () => {
  await engine.newManifest(integration, { execute: [{ url: `${engine.party.url}/users` }] });
  expect(await begin()).toBeUndefined();
});

test('access that was found is removed when its person leaves', async () => {
  const ann = await someone('Ann', true);
  await begin();
  await engine.runJobs();
  engine.party.on('DELETE /users/Ann', { status: 200, json: {} });
  await engine.revoke(ann, integration); // As an offboarding does.
  await engine.runJobs();
  expect(engine.party.sent('DELETE', 'Ann')).toBe(1);
  expect(await holdsOf(ann)).toEqual([]);
});

test('it stops where its job has killed two workers', async () => {
  await begin();
  const job = {
    id: '1',
    name: 'access.discover',
    payload: { integrationId: integration.id },
    lane: 'background',
  } as const;
  await giveUpJob(job, engine.worker());
  expect(await discovery()).toMatchObject({ state: 'stopped' });
});
