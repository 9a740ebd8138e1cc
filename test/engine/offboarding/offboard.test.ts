import { beforeEach, describe, expect, test } from 'vitest';
import { openHold } from '../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { keepPaused } from '../../../src/engine/access/removals/keep-paused.ts';
import type { GoneRemoval } from '../../../src/engine/access/removals/removal.ts';
import { whatWillEnd } from '../../../src/engine/access/removals/remove-all.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import type { NewManual } from '../../../src/engine/integrations/integrations.ts';
import {
  cancelOffboarding,
  offboardingSource,
  planOffboarding,
} from '../../../src/engine/offboarding/offboard.ts';
import type { Offboarding } from '../../../src/engine/offboarding/offboarding.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { finishTask, mayDo } from '../../../src/engine/tasks/manual.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import { openExport } from '../../../src/engine/work/exports.ts';
import { sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import { aPerson } from '../../contracts/a-person.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { accessSince } from '../../support/has-access.ts';
import { held } from '../../support/peers/third-party.ts';
import { fire } from '../../support/tick.ts';
import { until } from '../../support/until.ts';

let engine: TestEngine;
let person: Person;

beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const nothing = async () => undefined;

const manifest = (name: string) => ({
  exists: { method: 'GET', url: `${engine.party.url}/${name}`, expected: '{{email}}' },
  execute: [{ url: `${engine.party.url}/${name}` }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/${name}` }],
});
const there = () => ({ json: [{ email: person.email }] });

async function manual(assignee: NewManual['assignee'] = { kind: 'manager' }): Promise<Integration> {
  return addedManual(engine.transact, { assignee });
}

/** Someone has it, and nobody remembers why. */
const has = (integration: Integration, whose: Person) =>
  accessSince(engine.now(), {
    personId: whose.id,
    integrationId: integration.id,
    reason: 'It said so.',
  });
const known = (integration: Integration, whose: Person = person) =>
  engine.transact((tx) => tx.access.put(has(integration, whose)));

/** The state of each removal; `named` where there is none. */
async function states({ id }: Offboarding): Promise<readonly string[]> {
  const items = await engine.stores.offboardings.items(id);
  const removals = await engine.stores.removals.findMany(
    items.flatMap(({ removalId }) => removalId ?? []),
  );
  return items
    .map(({ removalId }) => removals.find((each) => each.id === removalId)?.state ?? 'named')
    .toSorted();
}
const standing = async ({ id }: Offboarding) => (await engine.stores.offboardings.find(id))?.state;
const openTasks = async (whose: Person = person) =>
  (await engine.stores.tasks.list({ state: 'open', personId: whose.id }, { offset: 0, limit: 9 }))
    .tasks;
const sent = (method: string) =>
  engine.party.requests.filter((each) => each.method === method).length;
const change = (does: typeof deactivate | typeof reactivate) =>
  engine.transact(async (tx) => {
    const found = await tx.people.hold(person.id);
    if (found) await does(tx, found, { actor: engine.actor });
  });

test('nothing happens before the last day is over', async () => {
  await engine.integration(manifest('a'), {}, 'A');
  await engine.offboard(person, '2026-11-24');
  await engine.tick(14 * HOUR);
  expect((await engine.stores.people.find(person.id))?.active).toBe(true);
  expect(engine.party.requests).toEqual([]);
});

test('afterwards they are out, and what the app says they have is removed until that is proven', async () => {
  engine.party.on('DELETE /a', { status: 204 });
  engine.party.on('GET /a', there());
  await engine.integration(manifest('a'), {}, 'A');
  const offboarding = await engine.offboard(person, '2026-11-24');
  await engine.tick(15 * HOUR + MINUTE);
  expect((await engine.stores.people.find(person.id))?.active).toBe(false);
  expect(sent('DELETE')).toBe(1);
  engine.party.on('GET /a', { json: [] });
  await engine.tick(2 * MINUTE);
  expect([await states(offboarding), await standing(offboarding)]).toEqual([['gone'], 'done']);
});

test('someone of whom no text can be read leaves all the same, and so do their tokens and grants', async () => {
  engine.party.on('POST /a', { json: {} });
  engine.party.on('GET /a', { json: [] });
  const app = await engine.integration(manifest('a'), {}, 'A');
  await engine.granted(person, app);
  const { stores } = engine;
  const at = engine.now();
  await stores.authenticators.insert({
    id: 'phone',
    version: 1,
    personId: person.id,
    state: 'active',
    secrets: { key: 'key', recovery: [] },
    wrong: 0,
    createdAt: at,
  });
  await stores.factClaims.put({ personId: person.id, name: 'BADGE', value: 'x', at });
  const badge = await manual({ kind: 'person', personId: engine.admin.id });
  const wish = { actor: engine.actor, person, integration: badge };
  await engine.transact((tx) => grantByHand(tx, wish));
  const request = { personId: person.id, integrationId: app.id, requestedById: person.id };
  await stores.requests.insert(
    { id: 'r1', version: 1, kind: 'grant', ...request, createdAt: at, state: 'open' },
    { reason: 'A project', form: {}, answers: [], facts: {} },
  );
  for (const { table, column } of Object.values(sealedColumns))
    await engine
      .db(table)
      .whereNotNull(column)
      .update({ [column]: 'damaged' });
  await change(deactivate);
  expect((await stores.people.find(person.id))?.active).toBe(false);
  expect(await stores.authenticators.of(person.id)).toEqual([]);
  expect((await stores.requests.find('r1'))?.state).toBe('cancelled');
  expect(await stores.removals.open(person.id, app.id)).toBeDefined();
});

test('an app where nothing was granted is asked, and not revoked where it says that there is nothing', async () => {
  engine.party.on('GET /a', { json: [] });
  await engine.integration(manifest('a'), {}, 'A');
  const offboarding = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect([sent('GET'), sent('DELETE')]).toEqual([1, 0]);
  expect(await standing(offboarding)).toBe('done');
});

test('what is read once of everything a leaver has is not read again of an app where nothing is known', async () => {
  await engine.integration(manifest('app'));
  const statements = await statementsOf(engine.db, () => change(deactivate));
  const again =
    /^select \* from `(?:holds|tasks|runs|removals)` .*`(?:integration_id|finished_at)`/;
  expect(statements.filter(({ sql }) => again.test(sql))).toEqual([]);
  expect(await engine.stores.removals.openOf(person.id)).toHaveLength(1);
});

test('one that is turned off is asked, too, though nothing is known of it', async () => {
  engine.party.on('GET /a', there());
  engine.party.on('DELETE /a', { status: 204 });
  const app = await engine.integration(manifest('a'), {}, 'A');
  await engine.transact((tx) => turnOff(tx, app, { actor: engine.actor }));
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect(sent('DELETE')).toBe(1);
});

test('what the app never had is proven to be that, and what was granted is proven gone', async () => {
  engine.party.on('POST /a', { json: {} });
  engine.party.on('GET /a', { json: [] });
  engine.party.on('GET /b', { json: [] });
  engine.party.on('DELETE /a', { status: 204 });
  const had = await engine.integration(manifest('a'), {}, 'A');
  const never = await engine.integration(manifest('b'), {}, 'B');
  await engine.granted(person, had);
  await engine.offboard(person, '2026-11-23');
  for (const _ of [1, 2, 3]) await engine.tick(MINUTE);
  expect(await engine.removal(person, never)).toMatchObject({
    proof: { kind: 'asked', neverThere: true },
  });
  const { proof } = (await engine.removal(person, had)) as GoneRemoval;
  expect(proof.kind).toBe('asked');
  expect(proof).not.toHaveProperty('neverThere');
});

test('one where nothing was granted and that can not be asked is only named', async () => {
  const { exists: _, ...without } = manifest('a');
  await engine.integration(without, {}, 'A');
  const offboarding = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect(await states(offboarding)).toEqual(['named']);
  expect(engine.party.requests).toEqual([]);
  expect(await standing(offboarding)).toBe('done');
});

test('one that was revoked before, and that can not be asked, stands there with that removal', async () => {
  const { exists: _, ...without } = manifest('a');
  const app = await engine.integration(without, {}, 'A');
  engine.party.on('POST /a', { json: {} });
  engine.party.on('DELETE /a', { status: 204 });
  await engine.granted(person, app);
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  expect(await whatWillEnd(engine.stores, person)).toEqual([]);
  const offboarding = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  const { id: removalId } = await engine.removal(person, app);
  expect(await engine.stores.offboardings.items(offboarding.id)).toMatchObject([{ removalId }]);
  expect(await states(offboarding)).toEqual(['gone']);
  expect([sent('DELETE'), await standing(offboarding)]).toEqual([1, 'done']);
});

test('what needs hands becomes a task, and the offboarding is done when that is', async () => {
  const badge = await manual();
  await known(badge);
  const offboarding = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect(await states(offboarding)).toEqual(['by-hand']);
  for (const task of await openTasks())
    await engine.transact((tx) =>
      finishTask(tx, task, { person: engine.admin, actor: engine.actor }),
    );
  await engine.tick(MINUTE);
  expect([await states(offboarding), await standing(offboarding)]).toEqual([['gone'], 'done']);
});

describe('a task to remove access', () => {
  test('is never assigned to the person who loses it', async () => {
    const badge = await manual({ kind: 'person', personId: person.id });
    await known(badge);
    await engine.revoke(person, badge);
    await engine.runJobs();
    expect((await openTasks()).map(({ assigneeId }) => assigneeId)).toEqual([undefined]);
  });

  test('is never Done by them, not even by an admin', async () => {
    person = engine.admin;
    await engine.person({ email: 'eve@example.com', role: 'admin' });
    const badge = await manual();
    await known(badge);
    await engine.revoke(person, badge);
    await engine.runJobs();
    const [task] = await openTasks();
    expect(task && mayDo(engine.admin, task)).toBe(false);
  });
});

test('the report says of everything when it was removed, by which proof, and by whom', async () => {
  engine.party.on('GET /a', { json: [] });
  await engine.integration(manifest('a'), {}, 'A');
  const badge = await manual();
  await known(badge);
  const { id } = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  for (const task of await openTasks())
    await engine.transact((tx) =>
      finishTask(tx, task, { person: engine.admin, actor: engine.actor }),
    );
  await engine.tick(MINUTE);
  const found = await openExport(JSON.stringify({ of: 'offboarding', id }), {
    stores: engine.stores,
    personalData: { collect: nothing },
    taker: engine.admin,
    now: engine.now(),
  });
  const lines: string[] = [];
  for await (const line of found?.lines ?? []) lines.push(String(line).trim());
  const day = /2026-11-24T\d\d:\d\d:\d\d\.\d{3}Z/.source;
  expect(lines[0]).toBe('person,email,last day,integration,state,ended at,proof,by,tries,why');
  const [a = '', b = ''] = lines.slice(1).toSorted();
  expect(a).toMatch(new RegExp(`,A,gone,${day},asked,Latchkey,`));
  expect(b).toMatch(new RegExp(`,Badge,gone,${day},done,.*${engine.admin.email}`));
});

test('one service that stays down keeps the offboarding open, and the others don’t wait for it', async () => {
  for (const name of ['a', 'b']) {
    engine.party.on(`POST /${name}`, { json: {} });
    engine.party.on(`GET /${name}`, there());
    await engine.grant(person, await engine.integration(manifest(name), {}, name));
  }
  await engine.runJobs();
  engine.party.on('DELETE /a', { status: 500 });
  engine.party.on('GET /a', { status: 500 });
  engine.party.on('DELETE /b', { status: 204 });
  engine.party.on('GET /b', { json: [] });
  const offboarding = await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect(await states(offboarding)).toEqual(['gone', 'stuck']);
  engine.party.on('DELETE /a', { status: 204 });
  engine.party.on('GET /a', { json: [] });
  await engine.timePasses(6 * HOUR);
  expect([await states(offboarding), await standing(offboarding)]).toEqual([
    ['gone', 'gone'],
    'done',
  ]);
});

test('however many others are stuck, a removal that is due is tried again', async () => {
  const badge = await manual();
  const others = Array.from({ length: 110 }, () => aPerson());
  await engine.transact(async (tx) => {
    await tx.people.insertMany(others);
    for (const other of others) {
      await tx.access.put(has(badge, other));
      const planned = { person: other, endDate: '2026-11-22', actor: engine.actor };
      expect((await planOffboarding(tx, planned)).kind).toBe('planned');
    }
  });
  await engine.tick(MINUTE);
  engine.party.on('POST /a', { json: {} });
  engine.party.on('GET /a', there());
  engine.party.on('DELETE /a', { status: 500 });
  await engine.grant(person, await engine.integration(manifest('a'), {}, 'A'));
  await engine.runJobs();
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  await engine.timePasses(3 * HOUR);
  expect(sent('DELETE')).toBeGreaterThan(1);
});

test('planned twice it moves, and cancelled it ends', async () => {
  const first = await engine.offboard(person, '2026-12-31');
  const second = await engine.offboard(person, '2026-12-30');
  expect([second.id, second.endDate]).toEqual([first.id, '2026-12-30']);
  await engine.transact((tx) => cancelOffboarding(tx, first.id, engine));
  expect((await engine.stores.people.find(person.id))?.endDate).toBeUndefined();
});

test('one that is moved in the moment in which it is over counts as it was moved, and as it is moved back', async () => {
  const { id } = await engine.offboard(person, '2026-11-23');
  const source = offboardingSource({ timeZone: 'UTC' });
  const meanwhile = {
    ...source,
    async *due(...now: Parameters<typeof source.due>) {
      for await (const each of source.due(...now)) {
        await engine.offboard(person, '2026-12-31');
        yield each;
      }
    },
  };
  await fire(engine, [meanwhile]);
  expect((await engine.stores.people.find(person.id))?.active).toBe(true);
  expect(await standing({ id } as Offboarding)).toBe('planned');
  await engine.offboard(person, '2026-11-23');
  await engine.tick(MINUTE);
  expect((await engine.stores.people.find(person.id))?.active).toBe(false);
});

test('one whose day is put off by a time zone in the moment in which it is over begins when that is changed back', async () => {
  await engine.offboard(person, '2026-11-23');
  const liveIn = (timeZone?: string) =>
    engine.transact(async (tx) => {
      const now = await tx.people.hold(person.id);
      const { timeZone: _, ...rest } = now ?? person;
      await tx.people.save({ ...rest, ...(timeZone !== undefined && { timeZone }) });
    });
  const source = offboardingSource({ timeZone: 'UTC' });
  const meanwhile = {
    ...source,
    async *due(...now: Parameters<typeof source.due>) {
      for await (const each of source.due(...now)) {
        await liveIn('Etc/GMT+12');
        yield each;
      }
    },
  };
  await fire(engine, [meanwhile]);
  expect((await engine.stores.people.find(person.id))?.active).toBe(true);
  await liveIn();
  await engine.tick(MINUTE);
  expect((await engine.stores.people.find(person.id))?.active).toBe(false);
});

describe('someone who is back', () => {
  test('keeps what they are given from then on, whatever last day was planned', async () => {
    await engine.integration(manifest('a'), {}, 'A');
    engine.party.on('GET /a', { json: [] });
    const { id } = await engine.offboard(person, '2026-11-30');
    await change(deactivate);
    await change(reactivate);
    await engine.tick(8 * DAY);
    expect((await engine.stores.people.find(person.id))?.active).toBe(true);
    expect((await engine.stores.offboardings.find(id))?.state).toBe('cancelled');
    expect(sent('DELETE')).toBe(0);
  });

  test('is asked for nothing any more: tasks to remove their things are cancelled', async () => {
    await known(await manual());
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(await openTasks()).toHaveLength(1);
    await change(reactivate);
    expect(await openTasks()).toEqual([]);
  });

  test('has three days to keep things; then their removal goes on', async () => {
    const badge = await manual();
    await known(badge);
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    await change(reactivate);
    await engine.tick(2 * DAY);
    expect(await openTasks()).toEqual([]);
    await engine.tick(DAY + MINUTE);
    expect(await openTasks()).toHaveLength(1);
  });

  test('has nothing to keep of what was done by hand just before', async () => {
    const badge = await manual();
    await known(badge);
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    await engine.finishTask();
    await change(reactivate); // The worker has yet to see that it is done.
    await engine.runJobs();
    expect(await engine.removal(person, badge)).toMatchObject({
      state: 'gone',
      proof: { kind: 'done', byId: engine.admin.id },
    });
  });

  test('has nothing to keep of what a revoke still ended where the app can not be asked', async () => {
    const { exists: _, ...unaskable } = manifest('a');
    const app = await engine.integration(unaskable, {}, 'A');
    engine.party.on('POST /a', { json: {} });
    const { answer, release } = held({ status: 204 });
    engine.party.on('DELETE /a', answer);
    await engine.granted(person, app);
    await engine.offboard(person, '2026-11-23');
    const working = engine.tick(MINUTE);
    await until(() => sent('DELETE') === 1);
    await change(reactivate);
    const { id } = await engine.removal(person, app);
    const by = { person, integration: app, actor: engine.actor };
    expect(await engine.transact((tx) => keepPaused(tx, id, by))).toEqual({ kind: 'wait' });
    release();
    await working;
    await engine.runJobs();
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'revoked' },
    });
  });

  test('keeps what is granted to them in these days', async () => {
    engine.party.on('POST /a', { json: {} });
    engine.party.on('GET /a', there());
    engine.party.on('DELETE /a', { status: 500 });
    const app = await engine.integration(manifest('a'), {}, 'A');
    await engine.granted(person, app);
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    await change(reactivate);
    expect((await engine.grant(person, app)).kind).toBe('started');
    const before = sent('DELETE');
    await engine.tick(4 * DAY);
    expect(sent('DELETE')).toBe(before);
    expect((await engine.removal(person, app)).state).toBe('withdrawn');
  });
});

test('someone who is deactivated loses what they have at once', async () => {
  const badge = await manual();
  await engine.transact((tx) =>
    openHold(tx, { person, integration: badge, source: 'by-hand', actor: engine.actor }, {}),
  );
  await change(deactivate);
  expect(await engine.removal(person, badge)).toMatchObject({ causes: [{ kind: 'left' }] });
});

test('the only admin stays', async () => {
  const planned = engine.transact((tx) =>
    planOffboarding(tx, { person: engine.admin, endDate: '2026-12-31', actor: engine.actor }),
  );
  expect(await planned).toMatchObject({ kind: 'refused' });
});

test('who has become the only admin since their last day was planned stays, which is told once, and leaves when someone else is one', async () => {
  const kept: string[] = [];
  engine = await testEngine({
    onEvent: async (_tx, event) => {
      if (event.kind === 'offboarding-kept') kept.push(event.offboarding.id);
    },
  });
  const eva = await engine.person({ email: 'eva@example.com', role: 'admin' });
  const { id } = await engine.offboard(eva, '2026-11-23');
  const sources = [offboardingSource({ timeZone: 'UTC' })];
  const { admin } = engine;
  const isActive = async () => (await engine.stores.people.find(eva.id))?.active;
  await engine.transact((tx) => tx.people.save({ ...admin, role: 'other' }));
  for (let n = 0; n < 3; n += 1) {
    await fire(engine, sources);
    engine.clock.advance(MINUTE);
  }
  expect([kept, await isActive()]).toEqual([[id], true]);
  await engine.transact(async (tx) => {
    const now = await tx.people.find(admin.id);
    await tx.people.save({ ...(now ?? admin), role: 'admin' });
  });
  await fire(engine, sources);
  expect([kept, await isActive()]).toEqual([[id], false]);
});

test('someone whose values cannot be read leaves like everyone else', async () => {
  const odd = await engine.person({ email: 'odd@example.com' });
  await engine.offboard(odd, '2026-11-22');
  await engine.offboard(person, '2026-11-23');
  await engine.db('people').where({ id: odd.id }).update({ stored: 'no JSON' });
  const errors: unknown[] = [];
  const sources = [offboardingSource({ timeZone: 'UTC' })];
  engine.clock.advance(MINUTE);
  await fireDue({ ...engine, sources, onError: (_, where) => errors.push(where) }, engine.now());
  const left = await engine.stores.people.findMany([odd.id, person.id]);
  expect(left.map(({ active }) => active)).toEqual([false, false]);
  expect(errors).toEqual([]);
});

test('a removal that is open already is part of the offboarding, also of what no one has on record', async () => {
  const badge = await manual();
  await engine.transact((tx) =>
    beginRemoval(tx, {
      person,
      integration: badge,
      cause: { kind: 'revoked' },
      actor: engine.actor,
    }),
  );
  await engine.runJobs();
  const offboarding = await engine.offboard(person, '2026-11-24');
  await engine.tick(15 * HOUR + MINUTE);
  expect([await states(offboarding), await standing(offboarding)]).toEqual([
    ['by-hand'],
    'running',
  ]);
});
