/** A removal from its beginning to its proof, with every way in which an app can answer. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { actorWords, removalLine } from '../../../../src/bots/features/access/removal-words.ts';
import { checkAccess } from '../../../../src/engine/access/check-access.ts';
import { beginRemoval } from '../../../../src/engine/access/removals/begin-removal.ts';
import { pauseRemovals } from '../../../../src/engine/access/removals/pause-removals.ts';
import {
  factsOf,
  isProvenGone,
  type OpenRemoval,
  proveGone,
} from '../../../../src/engine/access/removals/removal.ts';
import { confirmGone } from '../../../../src/engine/access/removals/removals.ts';
import { whatWillEnd } from '../../../../src/engine/access/removals/remove-all.ts';
import { wakeRemovalsOf } from '../../../../src/engine/access/removals/wake-removal.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import { changePerson, deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { advanceRun } from '../../../../src/engine/runs/advance-run.ts';
import { finishTask } from '../../../../src/engine/tasks/manual.ts';
import { namesFrom } from '../../../../src/engine/work/names.ts';
import { removalCells } from '../../../../src/engine/work/removal-cells.ts';
import { createStores } from '../../../../src/store/stores.ts';
import { resealAll } from '../../../../src/store/vault/reseal.ts';
import { createVault } from '../../../../src/store/vault/vault.ts';
import { unitOfWork } from '../../../../src/store/work/unit-of-work.ts';
import {
  DAY,
  HOUR,
  MINUTE,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../../support/engine.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { held } from '../../../support/peers/third-party.ts';
import { listedIn } from './listed-in.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const sent = (method: string): number => engine.party.sent(method);
const there = () => ({ json: [{ email: person.email }] });
const url = () => `${engine.party.url}/users`;
const execute = () => [{ url: url() }];
const revoke = () => [{ method: 'DELETE', url: url() }];
const exists = () => ({ method: 'GET', url: url(), expected: '{{email}}' });

const stateOf = async (integration: Integration): Promise<string> =>
  (await engine.removal(person, integration)).state;

describe('of an app that can be asked', () => {
  let app: Integration;
  beforeEach(async () => {
    app = await listedIn(engine, person, { revoke: revoke() });
  });

  test('a damaged account is stuck until an admin has looked, and stops no other removal of its person', async () => {
    const { admin, actor, transact, stores } = engine;
    const other = await engine.integration({ execute: execute(), revoke: revoke() }, {}, 'Other');
    engine.party.on('DELETE /users', { status: 204 });
    await engine.granted(person, other);
    await engine.db('accounts').where({ integration_id: app.id }).update({ content: 'damaged' });
    await transact((tx) => deactivate(tx, person, { actor }));
    await engine.runJobs();
    expect(await stateOf(other)).toBe('gone');
    const removal = await engine.removal(person, app);
    const why = expect.stringContaining("about an account of this person can't be read") as string;
    expect(removal).toMatchObject({ state: 'stuck', why });
    await transact((tx) => confirmGone(tx, removal.id, { person: admin, actor }));
    expect(await stateOf(app)).toBe('gone');
    const rows = await engine.db('accounts').where({ integration_id: app.id }).pluck('content');
    expect(rows).toEqual(['damaged']); // It may still be restored.
    expect(await stores.accounts.openAt(person.id, app.id)).toEqual([]);
  });

  test('whom nothing can be looked up by, since their facts are damaged, is not confirmed, and why is said', async () => {
    await engine.db('people').where({ id: person.id }).update({ stored: 'damaged' });
    const asked = sent('GET');
    expect(await checkAccess(person.id, app.id, engine)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('stored about this person are damaged') as string,
    });
    expect(sent('GET')).toBe(asked);
  });

  test('what was noted of a removal, of an answer and of a hold stops nothing where it is damaged', async () => {
    const { db, stores } = engine;
    await db('access').update({ reason: 'damaged' });
    await db('holds').update({ given_by: 'damaged' });
    await db('accounts').update({ content: 'damaged' });
    const unread = "What was stored about this can't be read.";
    const reason = expect.stringMatching(unread) as string;
    expect(await stores.access.forPerson(person.id)).toMatchObject([{ reason }]);
    const [hold] = await stores.holds.openOf(person.id);
    expect(await actorWords(hold?.givenBy ?? { kind: 'system' }, stores)).toBe(
      'someone unknown (what is stored is damaged)',
    );

    await engine.transact((tx) =>
      beginRemoval(tx, {
        person,
        integration: app,
        actor: engine.actor,
        cause: { kind: 'revoked' },
      }),
    );
    await db('removals').update({ content: 'damaged' });
    const { removals } = await stores.removals.list({}, { offset: 0, limit: 10 });
    expect(removals).toMatchObject([{ personId: person.id, why: unread }]);
  });

  test('who gave a hold stays as it is stored when the hold ends, also where it is damaged', async () => {
    await engine.db('holds').update({ given_by: 'damaged' });
    await engine.revoke(person, app);
    expect(await engine.db('holds').select('given_by', 'ended_why')).toEqual([
      { given_by: 'damaged', ended_why: 'revoked' },
    ]);
  });

  test('what was noted of a removal is kept where its key is missing, and is there again with the key', async () => {
    const [lost, other] = [randomBytes(32), randomBytes(32)];
    const within = (...keys: readonly Buffer[]) =>
      createStores(engine.db, createVault(keys)).removals;
    await engine.revoke(person, app);
    const removal = await engine.removal(person, app);
    const done = { at: engine.now(), byId: engine.admin.id };
    const noted = { ...removal, note: 'Ask Bo first', why: 'The app is down.', done };
    const { id } = await within(lost).save(noted);
    const unread = await within(other).find(id);
    expect(unread?.note).toBeUndefined();
    if (unread) await within(other).save({ ...unread, why: 'Its key is missing.' });
    expect(await within(other, lost).find(id)).toMatchObject({
      note: 'Ask Bo first',
      why: 'Its key is missing.',
      done,
    });
  });

  test.each([
    ['its own reason, where it has got no other', {}, 'The app is down.'],
    ['no reason, where it has got rid of it', { why: undefined }, undefined],
  ])('a removal whose key is there again has %s', async (_, step, why) => {
    const [lost, other] = [randomBytes(32), randomBytes(32)];
    const within = (...keys: readonly Buffer[]) =>
      createStores(engine.db, createVault(keys)).removals;
    await engine.revoke(person, app);
    const removal = await engine.removal(person, app);
    const { id } = await within(lost).save({ ...removal, why: 'The app is down.' });
    const unread = await within(other).find(id);
    expect(unread?.why).toBe("What was stored about this can't be read.");
    if (unread) await within(other).save({ ...unread, ...step });
    expect((await within(other, lost).find(id))?.why).toBe(why);
  });

  test('what was noted of a removal, and is kept while its key is missing, stays through its next steps', async () => {
    await engine.revoke(person, app);
    const removal = { ...(await engine.removal(person, app)), unread: 'sealed' } as OpenRemoval;
    expect(factsOf(removal)).toMatchObject({ unread: 'sealed' });
    const proof = { kind: 'asked', at: engine.now() } as const;
    expect(proveGone(removal, proof, false)).toMatchObject({ unread: 'sealed', proof });
  });

  test('what was noted of a removal, and kept while its key was missing, needs that key no longer once the keys are rotated', async () => {
    const [lost, first] = [randomBytes(32), randomBytes(32)];
    const within = (...keys: readonly Buffer[]) =>
      createStores(engine.db, createVault(keys)).removals;
    await engine.revoke(person, app);
    const removal = await engine.removal(person, app);
    const { id } = await within(lost).save({ ...removal, note: 'Ask Bo first' });
    const unread = await within(first).find(id);
    if (unread) await within(first).save(unread);
    const rotate = (...keys: readonly Buffer[]) => resealAll(engine.db, createVault(keys));
    expect((await rotate(first)).left).toMatchObject({ 'removals.content': 1 });
    expect((await rotate(first, lost)).left).not.toHaveProperty(['removals.content']);
    expect(await within(first).find(id)).toMatchObject({ note: 'Ask Bo first' });
  });

  test('damaged causes are kept as they are, and stop neither the removal nor a list', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.revoke(person, app);
    const { id } = await engine.removal(person, app);
    await engine.db('removals').update({ causes: 'damaged' });
    const { removals } = await engine.stores.removals.list({}, { offset: 0, limit: 10 });
    expect(removals).toMatchObject([{ causes: [], damagedCauses: 'damaged' }]);
    await engine.revoke(person, app); // Joins it with a cause of its own.
    await engine.later(MINUTE);
    const ended = await engine.stores.removals.find(id);
    expect(ended).toMatchObject({ state: 'gone', causes: [{ kind: 'revoked' }] });
    expect(ended?.damagedCauses).toBe('damaged');
  });

  test('a removal with damaged causes is neither paused nor withdrawn for someone who is back', async () => {
    const { actor, transact } = engine;
    await transact((tx) => deactivate(tx, person, { actor }));
    await engine.db('removals').update({ causes: 'damaged' });
    const removal = await engine.removal(person, app);
    expect(await transact((tx) => pauseRemovals(tx, person.id, actor))).toEqual([]);
    expect(await engine.removal(person, app)).toEqual(removal);
  });

  test('of a damaged proof nothing counts as proven, in chat and in files', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    await engine.db('removals').update({ proof: 'damaged' });
    const { stores } = engine;
    const { removals } = await stores.removals.list({}, { offset: 0, limit: 10 });
    expect(removals).toMatchObject([{ state: 'gone', proof: { kind: 'damaged' } }]);
    const removal = firstOf(removals);
    expect(isProvenGone(removal)).toBe(false);
    const cells = await removalCells(removal, namesFrom(stores));
    expect(cells.slice(0, 4)).toEqual(['not proven', expect.any(String), 'damaged: damaged', '']);
    const context = { stores, now: engine.now, timeZone: 'UTC', locale: 'en' };
    expect(await removalLine(removal, context)).toBe(
      '⚠ Not proven gone: what is stored as its proof is damaged',
    );
    await stores.removals.save(removal);
    expect(await engine.db('removals').pluck('proof')).toEqual(['damaged']);
  });

  test('the holds end at the moment that it begins, however long that takes', async () => {
    let ms = 0;
    const ticking = () => new Date(engine.now().getTime() + ms++);
    const transact = unitOfWork(engine.connect(), engine.vault, { now: ticking });
    const cause = { kind: 'revoked' } as const;
    const removing = { person, integration: app, actor: engine.actor, cause };
    await transact((tx) => beginRemoval(tx, removing));
    const { beganAt } = await engine.removal(person, app);
    const holds = await engine.stores.holds.of(person.id, app.id);
    expect(holds.map(({ ended }) => ended?.at)).toEqual([beganAt]);
  });

  test('it is gone when the app says so after the revoke', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'asked' },
    });
    expect((await engine.stores.access.find(person.id, app.id))?.state).toBe('none');
  });

  test('an app that goes on listing the account for minutes is asked again before it is revoked again', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    await engine.later(4 * MINUTE);
    engine.party.on('GET /users', { json: [] });
    await engine.later(10 * MINUTE);
    expect(await stateOf(app)).toBe('gone');
    expect(sent('DELETE')).toBe(1);
  });

  test('one that is still there a quarter of an hour after a revoke is stuck, and revoked again', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    await engine.revoke(person, app);
    await engine.timePasses(20 * MINUTE);
    expect(await stateOf(app)).toBe('stuck');
    await engine.timePasses(20 * MINUTE);
    expect(sent('DELETE')).toBe(2);
  });

  test('what a clock that was ahead put off for a year goes on when the clock is right', async () => {
    engine.party.on('DELETE /users', { status: 500 });
    await engine.revoke(person, app);
    await engine.runJobs();
    await engine.tick(365 * DAY);
    expect(await stateOf(app)).toBe('stuck');
    engine.clock.advance(-365 * DAY);
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.timePasses(3 * HOUR);
    expect(await stateOf(app)).toBe('gone');
  });

  test('a revoke that fails is stuck at once, says why, and is tried until it works', async () => {
    engine.party.on('DELETE /users', { status: 500 }, { status: 204 });
    await engine.revoke(person, app);
    await engine.runJobs();
    const stuck = await engine.removal(person, app);
    expect(stuck).toMatchObject({ state: 'stuck', tries: 1 });
    expect(stuck.why).toBe(`The last try failed: ${app.name} had a problem on its side.`);
    expect(engine.removalNotices.map(({ what }) => what)).toEqual(['stuck']);
    engine.party.on('GET /users', { json: [] }, { json: [] });
    engine.party.on('GET /users', there());
    await engine.later(16 * MINUTE);
    engine.party.on('GET /users', { json: [] });
    await engine.later(3 * MINUTE);
    await engine.later(16 * MINUTE);
    expect(await stateOf(app)).toBe('gone');
  });

  test.each([
    [403, "doesn't accept Latchkey's credentials, or they don't allow this."],
    [422, 'refused to remove the access. Open the last revoke for details.'],
    [502, 'had a problem on its side.'],
  ])('a revoke that is answered with %s says so without a number', async (status, why) => {
    engine.party.on('DELETE /users', { status });
    await engine.revoke(person, app);
    await engine.runJobs();
    const stuck = await engine.removal(person, app);
    expect(stuck.why).toContain(`The last try failed: ${app.name} ${why}`);
    expect(stuck.why).not.toMatch(/\d/);
  });

  test('a revoke that got no answer says so without an address', async () => {
    engine.party.on('DELETE /users', 'reset');
    await engine.revoke(person, app);
    await engine.runJobs();
    expect((await engine.removal(person, app)).why).toBe(
      `The connection to ${app.name} broke during the last try, so Latchkey doesn't know whether it worked.`,
    );
  });

  test('what admins were notified of stays stuck, and they are notified again after a week', async () => {
    engine.party.on('DELETE /users', { status: 500 });
    await engine.revoke(person, app);
    await engine.timePasses(9 * DAY);
    expect(engine.removalNotices.map(({ what }) => what)).toEqual(['stuck', 'stuck']);
  });

  test('it is asked once more after an hour and a day, and what is back is reported', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    const asked = sent('GET');
    await engine.later(HOUR);
    expect(sent('GET')).toBe(asked + 1);
    engine.party.on('GET /users', there());
    await engine.later(DAY);
    expect(engine.removalNotices.map(({ what }) => what)).toEqual(['gone', 'back']);
    await engine.later(2 * DAY);
    expect(sent('GET')).toBe(asked + 2);
  });

  test('it is asked again after 30 and after 90 days, and what came back in between is reported', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    await engine.later(HOUR);
    await engine.later(DAY);
    const asked = sent('GET');
    await engine.later(28 * DAY);
    expect(sent('GET')).toBe(asked);
    await engine.later(DAY);
    expect(sent('GET')).toBe(asked + 1);
    engine.party.on('GET /users', there());
    await engine.later(60 * DAY);
    expect(sent('GET')).toBe(asked + 2);
    expect(engine.removalNotices.map(({ what }) => what)).toEqual(['gone', 'back']);
    await engine.later(300 * DAY);
    expect(sent('GET')).toBe(asked + 2);
  });

  test('access of someone who has left that is back is removed again', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    engine.party.on('GET /users', { json: [] });
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    await engine.tick(MINUTE);
    expect(await stateOf(app)).toBe('gone');
    engine.party.on('GET /users', there());
    await engine.later(HOUR);
    expect(sent('DELETE')).toBe(2);
  });

  test('an old "no access" is not believed: the app is asked again', async () => {
    engine.party.on('GET /users', { json: [] });
    await checkAccess(person.id, app.id, engine.worker());
    engine.party.on('GET /users', there());
    engine.party.on('DELETE /users', { status: 204 });
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(sent('DELETE')).toBe(1);
  });
});

describe('of an app that can not be asked', () => {
  const make = () => engine.integration({ execute: execute(), revoke: revoke() });

  test('a revoke of ours that succeeded after the last write is the proof', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('DELETE /users', { status: 204 });
    await engine.granted(person, app);
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'revoked' },
    });
  });

  test('one that began by a clock that was ahead is revoked once when the clock is right', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('DELETE /users', { status: 204 }, { status: 500 });
    await engine.granted(person, app);
    engine.clock.advance(3 * DAY);
    await engine.revoke(person, app);
    engine.clock.advance(-3 * DAY);
    await engine.transact((tx) => wakeRemovalsOf(tx, person.id));
    await engine.timePasses(3 * HOUR);
    expect(await stateOf(app)).toBe('gone');
    expect(sent('DELETE')).toBe(1);
  });

  test('what the first step of a failed grant made is removed on the last day', async () => {
    const app = await engine.integration({
      execute: [{ url: url() }, { url: `${engine.party.url}/teams` }],
      revoke: revoke(),
    });
    engine.party.on('POST /users', { status: 201, json: { id: 7 } });
    engine.party.on('POST /teams', { status: 500 });
    engine.party.on('DELETE /users', { status: 204 });
    const run = startedRun(await engine.grant(person, app));
    await engine.runJobs();
    await engine.later(2 * HOUR);
    expect((await engine.run(run.id)).state).toBe('failed');
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(sent('DELETE')).toBe(1);
  });

  test('a revoke before the access was granted again proves nothing', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('DELETE /users', { status: 204 });
    await engine.grant(person, app);
    await engine.later(HOUR);
    await engine.revoke(person, app);
    await engine.later(HOUR);
    await engine.grant(person, app);
    await engine.later(HOUR);
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(engine.party.requests.map(({ method }) => method)).toEqual([
      'POST',
      'DELETE',
      'POST',
      'DELETE',
    ]);
  });
});

describe('of an app whose look-up says that there is no such account', () => {
  const lookUps = () => engine.party.requests.filter((each) => each.url === '/find').length;
  const make = (more: object = {}) =>
    engine.integration({
      // The check answers 404 for someone without an account, which alone says nothing.
      exists: { method: 'GET', url: `${engine.party.url}/members`, expected: '{{email}}' },
      execute: execute(),
      revoke: [
        { method: 'GET', url: `${engine.party.url}/find` },
        { method: 'DELETE', url: `${engine.party.url}/users/{{responses.0.id}}` },
      ],
      gone_if: [{ step: 0, status: [404] }],
      ...more,
    });

  test('it is gone by that, where the app had a good answer within a day', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /members', { status: 404 });
    engine.party.on('GET /find', { status: 404 });
    await engine.granted(person, app);
    engine.clock.advance(HOUR);
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'look-up' },
    });
  });

  test.each([
    ['can be asked', undefined],
    ['can not be asked', { exists: undefined }],
  ])(
    'of an app that %s it is not gone by that minutes after a grant, and is looked up again',
    async (_, more) => {
      const app = await make(more);
      engine.party.on('POST /users', { json: {} });
      engine.party.on('GET /members', { json: [] });
      engine.party.on('GET /find', { status: 404 });
      await engine.grant(person, app);
      await engine.later(MINUTE);
      await engine.transact((tx) => tx.health.markOk(app.id, tx.now, tx.now));
      await engine.revoke(person, app);
      await engine.later(0);
      await engine.later(MINUTE);
      expect(await engine.removal(person, app)).toMatchObject({
        state: 'checking',
        why: expect.stringContaining('just granted') as string,
      });
      expect(lookUps()).toBe(1);
      engine.party.on('GET /find', { json: { id: 7 } });
      engine.party.on('DELETE /users/7', { status: 204 });
      await engine.later(4 * MINUTE);
      expect(sent('DELETE')).toBe(1);
      await engine.later(MINUTE);
      expect(await stateOf(app)).toBe('gone');
    },
  );

  test('it is not gone by that where no other answer has worked for a day', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /members', { status: 404 });
    engine.party.on('GET /find', { status: 404 });
    await engine.granted(person, app);
    engine.clock.advance(2 * DAY);
    await engine.revoke(person, app);
    await engine.later(HOUR);
    expect(await stateOf(app)).not.toBe('gone');
  });
});

describe('of an app whose revoke looks last whether anyone has the name', () => {
  let app: Integration;
  beforeEach(async () => {
    const at = `${engine.party.url}/users/{{LOGIN}}`;
    app = await engine.integration({
      extra_user_info: [{ id: 'LOGIN', name: 'Login' }],
      exists: { method: 'GET', url: at, fail_when_4xx_response_code: false },
      execute: [{ method: 'PUT', url: at }],
      revoke: [
        { method: 'DELETE', url: at, status_code: [204, 404] },
        { method: 'GET', url: `${engine.party.url}/everyone/{{LOGIN}}` },
      ],
    });
    await engine.change(person, { stored: { LOGIN: 'grace' } });
    engine.party.on('PUT /users/grace', { json: {} });
    engine.party.on('GET /users/grace', { json: {} });
    engine.party.on('GET /everyone/grace', { json: {} });
  });
  const isNow = (login: string) => {
    for (const method of ['GET', 'DELETE'])
      engine.party.on(`${method} /users/grace`, { status: 404 });
    engine.party.on('GET /everyone/grace', { status: 404 });
    engine.party.on(`GET /users/${login}`, { json: {} });
    engine.party.on(`GET /everyone/${login}`, { json: {} });
    engine.party.on(`DELETE /users/${login}`, { status: 204 });
  };
  const quarters = async (count: number) => {
    for (let quarter = 0; quarter < count; quarter += 1) await engine.later(15 * MINUTE);
  };

  test.each(['granted', 'found'])(
    'who was %s and has another name by now is not gone: an admin looks, whose Done ends it',
    async (how) => {
      if (how === 'granted') await engine.grant(person, app);
      else await checkAccess(person.id, app.id, engine.worker());
      await engine.later(HOUR);
      isNow('hopper');
      await engine.revoke(person, app);
      await quarters(8);
      expect(await engine.removal(person, app)).toMatchObject({
        state: 'by-hand',
        why: 'No one in Asana has the name any more that Latchkey knows this account by. The person may have changed it there and still have access. Look for them in Asana, and remove the access there.',
      });
      expect(sent('DELETE')).toBe(1);
      await engine.finishTask();
      await quarters(2);
      expect(await stateOf(app)).toBe('gone');
    },
  );

  test('with the new name, once that is known, it is removed', async () => {
    await engine.grant(person, app);
    await engine.later(HOUR);
    isNow('hopper');
    await engine.revoke(person, app);
    await quarters(1);
    const found = await engine.stores.people.find(person.id);
    await engine.change(found ?? person, { stored: { LOGIN: 'hopper' } });
    await engine.transact((tx) => wakeRemovalsOf(tx, person.id));
    await quarters(2);
    expect(engine.party.sent('DELETE', '/hopper')).toBe(1);
    engine.party.on('GET /users/hopper', { status: 404 });
    await quarters(2);
    expect(await stateOf(app)).toBe('gone');
  });

  test('an app that answered 404 to everything is tried again with another manifest', async () => {
    await engine.grant(person, app);
    await engine.later(HOUR);
    isNow('hopper');
    await engine.revoke(person, app);
    await quarters(2);
    expect(await stateOf(app)).toBe('by-hand');
    const at = `${engine.party.url}/v2/{{LOGIN}}`;
    const manifest = {
      extra_user_info: [{ id: 'LOGIN', name: 'Login' }],
      exists: { method: 'GET', url: at, fail_when_4xx_response_code: false },
      execute: [{ method: 'PUT', url: at }],
      revoke: [
        { method: 'DELETE', url: at, status_code: [204, 404] },
        { method: 'GET', url: `${engine.party.url}/v2/everyone/{{LOGIN}}` },
      ],
    };
    for (const path of ['/v2/grace', '/v2/everyone/grace'])
      engine.party.on(`GET ${path}`, { json: {} });
    engine.party.on('DELETE /v2/grace', { status: 204 });
    const by = { ...engine, actor: engine.actor };
    await engine.transact((tx) => saveManifest(tx, app, { text: JSON.stringify(manifest), ...by }));
    await quarters(2);
    expect(engine.party.sent('DELETE', '/v2/grace')).toBe(1);
  });

  test('a look-up in the middle of a revoke says nothing of a name', async () => {
    const at = `${engine.party.url}/users/{{LOGIN}}`;
    const other = await engine.integration(
      {
        extra_user_info: [{ id: 'LOGIN', name: 'Login' }],
        exists: { method: 'GET', url: at, fail_when_4xx_response_code: false },
        execute: [{ method: 'PUT', url: at }],
        revoke: [
          { method: 'DELETE', url: `${at}/sessions`, status_code: [204, 404] },
          { method: 'GET', url: at },
          { method: 'DELETE', url: at },
        ],
      },
      {},
      'Fernboard',
    );
    await engine.grant(person, other);
    await engine.later(HOUR);
    engine.party.on('GET /users/grace', { status: 404 });
    engine.party.on('DELETE /users/grace/sessions', { status: 404 });
    await engine.transact((tx) => tx.health.markOk(other.id, tx.now, tx.now));
    await engine.revoke(person, other);
    await quarters(2);
    expect(await stateOf(other)).toBe('gone');
  });

  test('who was removed there, and has the name, is gone', async () => {
    await engine.grant(person, app);
    await engine.later(HOUR);
    for (const method of ['GET', 'DELETE'])
      engine.party.on(`${method} /users/grace`, { status: 404 });
    await engine.revoke(person, app);
    await quarters(1);
    expect(await stateOf(app)).toBe('gone');
  });
});

describe('of an account that answers 404', () => {
  const make = (wanted: object = { revoke: revoke() }) =>
    engine.integration({
      exists: { method: 'GET', url: url(), fail_when_4xx_response_code: false },
      execute: execute(),
      ...wanted,
    });
  const askedThere = () => engine.party.requests.filter(({ method }) => method === 'GET').length;

  test('a token that lost its rights proves nothing: admins are notified, and may say that they checked', async () => {
    const app = await make();
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /users', { json: {} });
    await engine.granted(person, app);
    engine.clock.advance(2 * DAY);
    engine.party.on('DELETE /users', { status: 404 });
    engine.party.on('GET /users', { status: 404 });
    await engine.revoke(person, app);
    await engine.timePasses(3 * HOUR);
    const removal = await engine.removal(person, app);
    expect(removal.state).toBe('stuck');
    expect((await engine.stores.access.find(person.id, app.id))?.state).toBe('unknown');
    await engine.transact((tx) =>
      confirmGone(tx, removal.id, { person: engine.admin, actor: engine.actor }),
    );
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'confirmed', byId: engine.admin.id },
    });
  });

  test('a revoke whose manifest takes that for a success proves nothing either, and is looked at with growing pauses', async () => {
    const app = await make({ revoke: [{ ...revoke()[0], status_code: [204, 404] }] });
    engine.party.on('POST /users', { json: {} });
    await engine.granted(person, app);
    engine.clock.advance(2 * DAY);
    engine.party.on('DELETE /users', { status: 404 });
    engine.party.on('GET /users', { status: 404 });
    await engine.revoke(person, app);
    await engine.timePasses(3 * DAY);
    expect((await engine.removal(person, app)).state).toBe('stuck');
    expect(askedThere()).toBeLessThan(20);
  });

  test('of one that nothing says ever was there the revoke is enough', async () => {
    const app = await make({ revoke: [{ ...revoke()[0], status_code: [204, 404] }] });
    engine.party.on('DELETE /users', { status: 404 });
    engine.party.on('GET /users', { status: 404 });
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(await stateOf(app)).toBe('checking');
    await engine.later(16 * MINUTE);
    await engine.later(MINUTE);
    expect([sent('DELETE'), await stateOf(app)]).toEqual([1, 'gone']);
  });

  test('nor is more needed where the revoke finds none and fails: nobody else has an account, either', async () => {
    const app = await make();
    engine.party.on('DELETE /users', { status: 404 });
    engine.party.on('GET /users', { status: 404 });
    await engine.offboard(person, '2026-11-23');
    await engine.timePasses(36 * MINUTE);
    expect([sent('DELETE'), await stateOf(app)]).toEqual([1, 'gone']);
    expect(engine.removalNotices.map(({ what }) => what)).not.toContain('stuck');
  });

  test('a revoke that is refused is no such answer: the removal stays', async () => {
    const app = await make();
    engine.party.on('DELETE /users', { status: 403 });
    engine.party.on('GET /users', { status: 404 });
    await engine.offboard(person, '2026-11-23');
    await engine.timePasses(36 * MINUTE);
    expect(await stateOf(app)).toBe('stuck');
  });

  test('who removed it by hand vouches for it', async () => {
    const app = await make({});
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /users', { json: { email: person.email } });
    await engine.granted(person, app);
    engine.clock.advance(2 * DAY);
    await engine.revoke(person, app);
    await engine.runJobs();
    const task = await engine.stores.tasks.find((await engine.removal(person, app)).taskId ?? '');
    if (!task) throw new Error('There is no task');
    engine.party.on('GET /users', { status: 404 });
    engine.clock.advance(2 * DAY);
    await engine.transact((tx) =>
      finishTask(tx, task, { person: engine.admin, actor: engine.actor }),
    );
    await engine.later(MINUTE);
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'asked' },
    });
  });
});

describe('of an account that a fact names which nobody knows', () => {
  const make = () =>
    engine.integration({
      extra_user_info: [{ id: 'LOGIN', name: 'Login', description: 'There' }],
      exists: { method: 'GET', url: `${url()}/{{LOGIN}}`, fail_when_4xx_response_code: false },
      execute: execute(),
      revoke: [{ method: 'DELETE', url: `${url()}/{{LOGIN}}` }],
    });
  const enter = (login: string) =>
    engine.transact(async (tx) => {
      const now = await tx.people.hold(person.id);
      if (now) await tx.people.save({ ...now, stored: { LOGIN: login } });
      await wakeRemovalsOf(tx, person.id);
    });

  test('it is by hand, says which, and nothing is sent', async () => {
    const app = await make();
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'by-hand',
      why: "Login isn't known, so Latchkey can't tell which account is theirs.",
    });
    expect(engine.party.requests).toEqual([]);
  });

  test('what an admin vouched for stays until the app answers, and is not removed again', async () => {
    const app = await make();
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    const { id } = await engine.removal(person, app);
    const by = { person: engine.admin, actor: engine.actor };
    await engine.transact((tx) => confirmGone(tx, id, by));
    const known = () => engine.stores.access.find(person.id, app.id);
    await checkAccess(person.id, app.id, engine.worker());
    expect(await known()).toMatchObject({
      state: 'none',
      reason: "An admin checked: it's gone.",
    });
    expect(await whatWillEnd(engine.stores, person)).toEqual([]);
    await enter('grace');
    engine.party.on('GET /users/grace', { status: 503 });
    await checkAccess(person.id, app.id, engine.worker());
    expect((await known())?.state).toBe('none');
    engine.party.on('GET /users/grace', { json: {} });
    await checkAccess(person.id, app.id, engine.worker());
    expect((await known())?.state).toBe('has');
  });

  test('it goes on when the fact is entered, and its task is cancelled', async () => {
    const app = await make();
    engine.party.on('GET /users/grace', { json: {} });
    engine.party.on('DELETE /users/grace', { status: 204 });
    await engine.offboard(person, '2026-11-23');
    await engine.tick(MINUTE);
    await engine.tick(HOUR);
    await enter('grace');
    await engine.runJobs();
    expect(sent('DELETE')).toBe(1);
    engine.party.on('GET /users/grace', { status: 404 });
    await engine.tick(2 * MINUTE);
    expect(await stateOf(app)).toBe('gone');
    const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
    expect(tasks).toEqual([]);
  });
});

describe('where the manifest had no revoke', () => {
  test('it goes on when a newer one has it', async () => {
    const app = await engine.integration({ execute: execute() });
    engine.party.on('POST /users', { json: {} });
    engine.party.on('DELETE /users', { status: 204 });
    await engine.granted(person, app);
    await engine.revoke(person, app);
    await engine.runJobs();
    expect(await stateOf(app)).toBe('by-hand');
    await engine.later(HOUR);
    await engine.transact((tx) =>
      saveManifest(tx, app, {
        text: JSON.stringify({ execute: execute(), revoke: revoke() }),
        ...engine,
        actor: engine.actor,
      }),
    );
    await engine.later(MINUTE);
    await engine.later(MINUTE);
    expect(await stateOf(app)).toBe('gone');
  });
});

describe('of a grant whose outcome nobody knows', () => {
  /** The connection is cut under the write, which may still arrive. */
  const lost = { kind: 'failed', code: 'connection-lost', message: 'lost', maySent: true } as const;
  async function granted(manifest: object): Promise<Integration> {
    const app = await engine.integration({ ...manifest });
    const run = startedRun(await engine.grant(person, app));
    await advanceRun(run.id, { ...engine.worker(), http: { send: async () => lost } });
    return app;
  }

  test('it is revoked at once, and once more when the write can not arrive any more', async () => {
    engine.party.on('DELETE /users', { status: 204 });
    const app = await granted({ execute: execute(), revoke: revoke() });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    expect([sent('DELETE'), await stateOf(app)]).toEqual([1, 'waiting']);
    await engine.later(15 * MINUTE);
    await engine.later(MINUTE);
    expect([sent('DELETE'), await stateOf(app)]).toEqual([2, 'gone']);
  });

  test('nobody can say before that time that it is gone', async () => {
    const app = await granted({ execute: execute(), revoke: revoke() });
    engine.party.on('DELETE /users', { status: 500 });
    await engine.revoke(person, app);
    await engine.later(MINUTE);
    const confirm = async () => {
      const { id } = await engine.removal(person, app);
      const by = { person: engine.admin, actor: engine.actor };
      return (await engine.transact((tx) => confirmGone(tx, id, by))).kind;
    };
    expect(await confirm()).toBe('too-early');
    engine.clock.advance(15 * MINUTE);
    expect(await confirm()).toBe('gone');
  });

  test('nobody says of their own access that it is gone, not even an admin', async () => {
    const app = await engine.integration({ execute: execute(), revoke: revoke() });
    const { admin, actor, transact } = engine;
    await engine.granted(admin, app);
    engine.party.on('DELETE /users', { status: 500 });
    await engine.revoke(admin, app);
    await engine.runJobs();
    const { id } = await engine.removal(admin, app);
    const confirmed = await transact((tx) => confirmGone(tx, id, { person: admin, actor }));
    expect(confirmed).toEqual({ kind: 'own' });
    expect((await engine.removal(admin, app)).state).toBe('stuck');
  });

  test('a Done before that time is asked for once more', async () => {
    const app = await granted({ execute: execute() });
    await engine.revoke(person, app);
    await engine.runJobs();
    const done = async (): Promise<void> => {
      const page = { offset: 0, limit: 9 };
      const { tasks } = await engine.stores.tasks.list({ state: 'open' }, page);
      for (const task of tasks)
        await engine.transact((tx) =>
          finishTask(tx, task, { person: engine.admin, actor: engine.actor }),
        );
      await engine.runJobs();
    };
    await done();
    expect(await stateOf(app)).toBe('waiting');
    await engine.later(16 * MINUTE);
    expect(await stateOf(app)).toBe('by-hand');
    await done();
    expect(await engine.removal(person, app)).toMatchObject({
      state: 'gone',
      proof: { kind: 'done', byId: engine.admin.id },
    });
  });
});

describe('while a grant is in flight', () => {
  test('it waits, sends no further step, and removes what was made', async () => {
    const { party } = engine;
    const first = held({ json: {} });
    party.on('POST /1', first.answer);
    party.on('POST /2', { json: {} });
    party.on('DELETE /1', { status: 204 });
    const app = await engine.integration({
      initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
      execute: [1, 2].map((n) => ({ url: `${party.url}/${n}`, data: { p: '{{PASSWORD}}' } })),
      revoke: [{ method: 'DELETE', url: `${party.url}/1` }],
      post_execute_notification: [
        { type: 'email', to: '{{email}}', subject: 'Welcome', message: 'Hello {{PASSWORD}}' },
      ],
    });
    const run = startedRun(await engine.grant(person, app));
    const working = advanceRun(run.id, engine.worker());
    await party.received(1);
    await engine.revoke(person, app);
    expect(await stateOf(app)).toBe('waiting');
    first.release();
    await working;
    await engine.runJobs();
    expect(party.requests.map((each) => `${each.method} ${each.url}`)).toEqual([
      'POST /1',
      'DELETE /1',
    ]);
    expect(await engine.stores.deliveries.forRun(run.id)).toEqual([]);
  });

  test('one that waits for its retry on the last day is stopped, and what its first step made is removed, however often that fails', async () => {
    const { party } = engine;
    party.on('GET /users', { json: [] });
    party.on('POST /users', { status: 201, json: { id: 7 } });
    party.on('POST /teams', { status: 500 });
    party.on('DELETE /users', { status: 500 }, { status: 204 });
    const app = await engine.integration({
      exists: exists(),
      execute: [{ url: url() }, { url: `${party.url}/teams` }],
      revoke: revoke(),
    });
    await checkAccess(person.id, app.id, engine.worker());
    const run = startedRun(await engine.grant(person, app));
    await engine.runJobs(); // The app lists new accounts some minutes later: there is none yet.
    expect((await engine.run(run.id)).state).toBe('retrying');
    await engine.offboard(person, '2026-11-23');
    party.on('GET /users', there());
    await engine.timePasses(6 * HOUR);
    expect((await engine.run(run.id)).state).toBe('cancelled');
    expect(sent('DELETE')).toBeGreaterThan(1);
  });

  test('a "no access" that is asked in between proves nothing, and a failing revoke is tried again', async () => {
    const { party } = engine;
    const post = held({ json: {} });
    party.on('POST /users', post.answer);
    party.on('GET /users', { json: [] });
    party.on('DELETE /users', { status: 500 }, { status: 204 });
    const app = await engine.integration({
      exists: exists(),
      execute: execute(),
      revoke: revoke(),
    });
    const run = startedRun(await engine.grant(person, app));
    const working = advanceRun(run.id, engine.worker('worker-1'));
    await party.received(1);
    await engine.offboard(person, '2026-11-23');
    await engine.tick();
    await checkAccess(person.id, app.id, engine.worker('worker-1'));
    await engine.tick(MINUTE);
    expect(await stateOf(app)).toBe('waiting');
    party.on('GET /users', there());
    post.release();
    await working;
    await engine.runJobs();
    await engine.timePasses(4 * HOUR);
    expect(sent('DELETE')).toBeGreaterThan(1);
  });
});

describe('of an account whose facts have changed', () => {
  test('the plan of an offboarding still names it', async () => {
    engine.party.on('POST /users', { json: {} });
    engine.party.on('GET /users', there());
    const app = await engine.integration({
      exists: exists(),
      execute: execute(),
      revoke: revoke(),
    });
    await engine.granted(person, app);
    const changed = await engine.transact(async (tx) => {
      const now = present(await tx.people.find(person.id));
      await changePerson(tx, now, { ...engine, details: { email: 'grace.murray@example.com' } });
      return tx.people.find(person.id);
    });
    await checkAccess(person.id, app.id, engine.worker());
    const ends = changed ? await whatWillEnd(engine.stores, changed) : [];
    expect(ends.map(({ integration, how }) => [integration.name, how])).toEqual([
      ['Asana', 'by-itself'],
    ]);
  });

  test('the account under the old address is removed with it', async () => {
    const { party } = engine;
    party.on('POST /users', { json: {} });
    party.on('GET /users/grace@example.com', { json: { id: 1 } });
    party.on('GET /users/grace.murray@example.com', { status: 404 });
    party.on('DELETE /users/grace@example.com', { status: 204 });
    const app = await engine.integration({
      exists: {
        method: 'GET',
        url: `${party.url}/users/{{{email}}}`,
        fail_when_4xx_response_code: false,
      },
      execute: execute(),
      revoke: [{ method: 'DELETE', url: `${party.url}/users/{{{email}}}` }],
    });
    await engine.granted(person, app);
    await engine.transact(async (tx) => {
      const now = await tx.people.find(person.id);
      if (now) await tx.people.save({ ...now, email: 'grace.murray@example.com' });
    });
    await checkAccess(person.id, app.id, engine.worker());
    expect((await engine.stores.access.find(person.id, app.id))?.state).toBe('has');
    await engine.offboard(person, '2026-11-23');
    party.on('GET /users/grace@example.com', { json: { id: 1 } }, { status: 404 });
    await engine.tick(MINUTE);
    await engine.tick(MINUTE);
    expect(sent('DELETE')).toBe(1);
    party.on('GET /users/grace@example.com', { status: 404 });
    await engine.timePasses(16 * MINUTE);
    expect(await stateOf(app)).toBe('gone');
  });
});

test('an account whose name is not known is planned as one to remove by hand', async () => {
  await engine.integration({
    extra_user_info: [{ id: 'NICKNAME', name: 'Nickname' }],
    exists: { method: 'GET', url: `${url()}/{{NICKNAME}}` },
    execute: execute(),
    revoke: [{ method: 'DELETE', url: `${url()}/{{NICKNAME}}` }],
  });
  const ends = await whatWillEnd(engine.stores, person);
  expect(ends.map(({ how }) => how)).toEqual(['by-hand']);
});

test('what a leaver has is read at once, however many apps there are', async () => {
  const statements = async (work: () => Promise<unknown>): Promise<number> => {
    let count = 0;
    const counts = () => void (count += 1);
    engine.db.on('query', counts);
    await work();
    engine.db.off('query', counts);
    return count;
  };
  const look = () => statements(() => whatWillEnd(engine.stores, person));
  const more = async (from: number) => {
    for (let n = from; n < from + 10; n += 1)
      await engine.integration({ exists: exists(), execute: execute() }, {}, `App ${n}`);
  };
  await more(0);
  const few = await look();
  await more(10);
  expect(await whatWillEnd(engine.stores, person)).toHaveLength(20);
  expect(await look()).toBe(few);
});
