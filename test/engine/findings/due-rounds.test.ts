/** Lists are read once a night, each app at its own minute; the digest comes on Mondays, where there is something to decide. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { findingSources } from '../../../src/engine/findings/due-rounds.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import type { Event } from '../../../src/engine/work/events.ts';
import { DAY, HOUR, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
let events: Event['kind'][];
let fernboard: Integration;

beforeEach(async () => {
  events = [];
  engine = await testEngine({ onEvent: async (_tx, { kind }) => void events.push(kind) });
  fernboard = await engine.integration({
    execute: [{ url: `${engine.party.url}/users` }],
    accounts: {
      execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
      data_structure: { email: 'mail' },
    },
  });
});

const tick = (): Promise<number> => fire(engine, findingSources({ timeZone: 'UTC' }));
const round = () => engine.stores.accountRounds.at(fernboard.id);

test('a list is read once in each night, and not before the first one', async () => {
  await tick();
  expect(await round()).toBeUndefined();
  engine.party.on('GET /users', { json: [] });
  engine.clock.advance(20 * HOUR); // 05:00 of the next day: every minute between two and five has passed.
  await tick();
  const first = await round();
  expect(first).toMatchObject({ state: 'waiting' });
  await engine.runJobs();
  engine.clock.advance(HOUR);
  await tick();
  expect((await round())?.id).toBe(first?.id);
  engine.clock.advance(DAY);
  await tick();
  expect((await round())?.id).not.toBe(first?.id);
});

test('a list whose progress is damaged says nothing of anyone, and the next night reads it again', async () => {
  engine.party.on('GET /users', { json: [{ mail: 'ann@example.com' }] });
  await tick();
  engine.clock.advance(20 * HOUR);
  await tick();
  await engine
    .db('account_rounds')
    .update({ progress: 'damaged', phase: 'judging', list: 'complete' });
  await engine.runJobs();
  expect(await round()).toMatchObject({ state: 'failed', completeCount: 0 });
  engine.clock.advance(DAY);
  await tick();
  await engine.runJobs();
  expect(await round()).toMatchObject({ state: 'done', listed: 1 });
});

test.each([
  ['accounts shows that the token works', [{ mail: 'ann@example.com' }], true],
  ['no accounts shows nothing, since a token without rights may see none', [], false],
])('a list with %s', async (_, json, isOk) => {
  engine.party.on('GET /users', { json });
  engine.clock.advance(20 * HOUR);
  await tick();
  await engine.runJobs();
  const okAt = await engine.stores.health.okAt(fernboard.id);
  expect(okAt).toEqual(isOk ? engine.now() : undefined);
});

test('a list that GraphQL refuses beside an empty field says nothing of anyone, and why', async () => {
  await engine.newManifest(fernboard, {
    execute: [{ url: `${engine.party.url}/users` }],
    accounts: {
      execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
      data_from: 'data.users',
      data_structure: { email: 'mail' },
    },
  });
  const json = { data: { users: null }, errors: [{ message: 'Forbidden' }] };
  engine.party.on('GET /users', { json });
  await tick();
  engine.clock.advance(20 * HOUR);
  await tick();
  await engine.runJobs();
  const why = expect.stringContaining('refused this: Forbidden') as string;
  expect(await round()).toMatchObject({ list: 'cut', why });
});

test('a list that another manifest has read shows nothing of the one since', async () => {
  engine.party.on('GET /users', { json: [{ mail: 'ann@example.com' }] });
  engine.clock.advance(20 * HOUR);
  await tick();
  await engine.newManifest(fernboard, {
    execute: [{ url: `${engine.party.url}/v2` }],
    accounts: {
      execute: [{ url: `${engine.party.url}/v2`, method: 'GET' }],
      data_structure: { email: 'mail' },
    },
  });
  await engine.runJobs();
  expect(engine.party.sent('GET', '/users')).toBe(1);
  expect(await engine.stores.health.okAt(fernboard.id)).toBeUndefined();
});

test('no list of an integration that is turned off is read', async () => {
  await engine.transact((tx) => tx.integrations.save({ ...fernboard, enabled: false }));
  engine.clock.advance(DAY);
  await tick();
  expect(await round()).toBeUndefined();
});

test('admins are told on a Monday, once, and only where there is something to decide', async () => {
  engine.clock.advance(6 * DAY + HOUR); // Monday, 10:00
  await tick();
  expect(events).not.toContain('findings-due');
  const at = engine.now();
  await engine.transact((tx) =>
    tx.findings.insert({
      id: newId(),
      version: 1,
      integrationId: fernboard.id,
      accountId: newId(),
      kind: 'orphan',
      state: 'open',
      label: 'x@elsewhere.example',
      foundAt: at,
      seenAt: at,
      roundId: 'r',
    }),
  );
  await tick();
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(1);
  engine.clock.advance(2 * DAY);
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(1);
  engine.clock.advance(5 * DAY);
  await tick();
  expect(events.filter((kind) => kind === 'findings-due')).toHaveLength(2);
});

describe('where the manifest lists no accounts any more', () => {
  const users = (url: string) => ({ execute: [{ url: `${url}/users` }] });
  const open = async () => (await engine.stores.findings.countOpen()).orphan;
  const nextNight = async (): Promise<void> => {
    engine.clock.advance(DAY);
    await tick();
    await engine.runJobs();
  };

  beforeEach(async () => {
    const found = await engine.person({ email: 'ann@example.com' });
    const strangers = Array.from({ length: 300 }, (_, at) => ({
      mail: `x${at}@elsewhere.example`,
    }));
    engine.party.on('GET /users', { json: [{ mail: found.email }, ...strangers] });
    await nextNight();
    if ((await open()) !== 300) throw new Error('They were not found');
  });

  const saveManifest = (manifest: object): Promise<unknown> =>
    engine.transact(async (tx) => {
      const current = present(await tx.integrations.find(fernboard.id));
      const id = newId();
      await tx.integrations.insertVersion({
        id,
        integrationId: fernboard.id,
        number: 2,
        manifest: JSON.stringify(manifest),
        savedBy: { kind: 'system' },
        createdAt: tx.now,
      });
      fernboard = await tx.integrations.save({ ...current, manifestVersionId: id });
    });

  test('the next night resolves its findings, closes its task and forgets the accounts', async () => {
    await saveManifest(users(engine.party.url));
    await tick();
    expect(await open()).toBe(300); // It may be back before the night.
    expect(await engine.openTasks()).toHaveLength(1);
    await nextNight();
    expect(await open()).toBe(0);
    expect(await round()).toBeUndefined();
    expect(await engine.openTasks()).toEqual([]);
    const resolved = await engine.stores.findings.list(
      { states: ['resolved'] },
      { offset: 0, limit: 1 },
    );
    expect(resolved.total).toBe(301); // Ann's, too.
    expect(await engine.stores.auditLog.count({ what: 'finding.resolved' }, 1000)).toBe(301);
    const accounts = resolved.findings.flatMap(({ accountId }) => accountId ?? []);
    expect(await engine.stores.listedAccounts.findMany(accounts)).toEqual([]);
    await nextNight(); // Nothing is left to close.
    expect(await round()).toBeUndefined();
  });

  test('also where it is turned off; only turned off, they stay', async () => {
    await engine.transact((tx) => tx.integrations.save({ ...fernboard, enabled: false }));
    await nextNight();
    expect(await open()).toBe(300);
    await saveManifest(users(engine.party.url));
    await nextNight();
    expect(await open()).toBe(0);
  });
});
