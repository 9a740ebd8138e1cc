import { afterEach, beforeEach, expect, test } from 'vitest';
import { deactivate, reactivate } from '../../src/engine/change-person.ts';
import type { Person } from '../../src/engine/directory.ts';
import { fireDue } from '../../src/engine/due.ts';
import { openExport } from '../../src/engine/exports.ts';
import { finishTask } from '../../src/engine/manual.ts';
import {
  cancelOffboarding,
  type OffboardingParts,
  offboardingSources,
  planOffboarding,
} from '../../src/engine/offboard.ts';
import type { Offboarding } from '../../src/engine/offboarding.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../support/engine.ts';

let engine: TestEngine;
let person: Person;
let told: string[];

beforeEach(async () => {
  engine = await testEngine();
  told = [];
  person = await engine.person();
});
afterEach(() => engine.cleanup());

const nothing = async () => undefined;
const parts = (): OffboardingParts => ({
  now: engine.now,
  newId: engine.newId,
  randomBytes: engine.randomBytes,
  timeZone: 'UTC',
  news: { asked: nothing, ended: nothing },
  taskNews: { opened: async (_tx, { title }) => void told.push(title), ended: nothing },
  offboardingNews: {
    started: async () => void told.push('started'),
    done: async () => void told.push('done'),
  },
});

async function tick(ms = 0): Promise<void> {
  engine.clock.advance(ms);
  const { stores, transact } = engine;
  const onError = (error: unknown) => {
    throw error;
  };
  await fireDue({ stores, transact, sources: offboardingSources(parts()), onError }, engine.now());
  await engine.runJobs();
}

const manifest = (name: string) => ({
  exists: { method: 'GET', url: `${engine.party.url}/${name}`, expected: '{{email}}' },
  execute: [{ url: `${engine.party.url}/${name}` }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/${name}` }],
});

async function plan(endDate: string): Promise<Offboarding> {
  const planned = await engine.transact((tx) =>
    planOffboarding(tx, { person, endDate, actor: engine.actor }, parts()),
  );
  if (planned.kind === 'refused') throw new Error(planned.why);
  return planned.offboarding;
}

const states = async ({ id }: Offboarding) =>
  (await engine.stores.offboardings.items(id)).map(({ state }) => state).toSorted();

test('nothing happens before the last day is over', async () => {
  await engine.integration(manifest('a'), {}, 'A');
  await plan('2026-11-24');
  await tick(14 * HOUR);
  expect(told).toEqual([]);
  expect((await engine.stores.people.find(person.id))?.active).toBe(true);
});

test('afterwards they are out, and what can be asked is revoked until it is gone', async () => {
  engine.party.on('DELETE /a', { status: 204 });
  engine.party.on('GET /a', { json: [] });
  await engine.integration(manifest('a'), {}, 'A');
  const offboarding = await plan('2026-11-24');
  await tick(15 * HOUR + MINUTE);
  expect((await engine.stores.people.find(person.id))?.active).toBe(false);
  expect(engine.party.requests.map(({ method }) => method)).toContain('DELETE');
  await tick(20 * MINUTE);
  expect(await states(offboarding)).toEqual(['gone']);
  expect(told).toEqual(['started', 'done']);
});

test('what needs hands becomes a task, and the offboarding is done when that is', async () => {
  const { revoke: _, ...without } = manifest('a');
  const integration = await engine.integration(without, {}, 'A');
  const access = { personId: person.id, integrationId: integration.id, reason: '' };
  const at = engine.now();
  await engine.stores.access.put({ ...access, state: 'unknown', since: at, checkedAt: at });
  const offboarding = await plan('2026-11-23');
  await tick();
  expect(told).toEqual(['started', 'Take A away from Grace Hopper']);
  expect(await states(offboarding)).toEqual(['by-hand']);
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  for (const task of tasks)
    await engine.transact((tx) =>
      finishTask(tx, task, { person: engine.admin, actor: engine.actor }, parts()),
    );
  await tick(MINUTE);
  expect(await states(offboarding)).toEqual(['gone']);
  expect(told.at(-1)).toBe('done');
});

test('the report says of everything when it was taken away, and by whom', async () => {
  engine.party.on('DELETE /a', { status: 204 });
  engine.party.on('GET /a', { json: [] });
  await engine.integration(manifest('a'), {}, 'A');
  const { revoke: _, ...without } = manifest('b');
  const byHand = await engine.integration(without, {}, 'B');
  const at = engine.now();
  const access = { personId: person.id, integrationId: byHand.id, reason: '' };
  await engine.stores.access.put({ ...access, state: 'unknown', since: at, checkedAt: at });
  const { id } = await plan('2026-11-23');
  await tick();
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  for (const task of tasks)
    await engine.transact((tx) =>
      finishTask(tx, task, { person: engine.admin, actor: engine.actor }, parts()),
    );
  await tick(20 * MINUTE);
  const found = await openExport(JSON.stringify({ of: 'offboarding', id }), {
    stores: engine.stores,
    personalData: nobodys,
    now: at,
  });
  const lines: string[] = [];
  for await (const line of found?.lines ?? []) lines.push(line.trim());
  const day = /2026-11-24T\d\d:\d\d:\d\d\.\d{3}Z/.source;
  expect(lines[0]).toBe('person,email,last day,integration,state,ended at,by,tries,why');
  const [a = '', b = ''] = lines.slice(1).toSorted();
  expect(a).toMatch(new RegExp(`,A,gone,${day},Latchkey,`));
  expect(b).toMatch(new RegExp(`,B,gone,${day},.*${engine.admin.email}`));
});

test('one service that stays down keeps the offboarding open, and the others don’t wait for it', async () => {
  engine.party.on('DELETE /a', { status: 500 });
  engine.party.on('GET /a', { status: 500 });
  engine.party.on('DELETE /b', { status: 204 });
  engine.party.on('GET /b', { json: [] });
  await engine.integration(manifest('a'), {}, 'A');
  await engine.integration(manifest('b'), {}, 'B');
  const offboarding = await plan('2026-11-23');
  await tick();
  await tick(20 * MINUTE);
  expect(await states(offboarding)).toEqual(['gone', 'revoking']);
  engine.party.on('DELETE /a', { status: 204 });
  engine.party.on('GET /a', { json: [] });
  await tick(2 * HOUR);
  await tick(5 * HOUR);
  expect(await states(offboarding)).toEqual(['gone', 'gone']);
});

test('planned twice it moves, and cancelled it ends', async () => {
  const first = await plan('2026-12-31');
  const second = await plan('2026-12-30');
  expect([second.id, second.endDate]).toEqual([first.id, '2026-12-30']);
  await engine.transact((tx) => cancelOffboarding(tx, first.id, engine.actor, parts()));
  expect((await engine.stores.people.find(person.id))?.endDate).toBeUndefined();
});

test('whoever left before their last day and is back keeps what they are given then', async () => {
  engine.party.on('DELETE /a', { status: 204 });
  await engine.integration(manifest('a'), {}, 'A');
  const { id } = await plan('2026-11-30');
  const inTx = (change: typeof deactivate | typeof reactivate) =>
    engine.transact(async (tx) => {
      const found = await tx.people.find(person.id);
      if (found) await change(tx, found, { ...parts(), actor: engine.actor });
    });
  await inTx(deactivate);
  await inTx(reactivate);
  await tick(8 * DAY);
  expect((await engine.stores.people.find(person.id))?.active).toBe(true);
  expect((await engine.stores.offboardings.find(id))?.state).toBe('cancelled');
  expect(engine.party.requests).toEqual([]);
});

test('the only admin stays', async () => {
  person = engine.admin;
  await expect(plan('2026-12-31')).rejects.toThrow('is the only admin');
});

/** An offboarding is no file of one person's. */
const nobodys = { collect: async () => undefined, erase: async () => undefined };
