/** What a Done proves of a removal, and what it does not. */
import { beforeEach, expect, test } from 'vitest';
import { isPaused } from '../../../../src/engine/access/removals/removal.ts';
import { retryRemoval } from '../../../../src/engine/access/removals/removals.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import { deactivate, reactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { finishTask } from '../../../../src/engine/tasks/manual.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../../support/engine.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { listedIn } from './listed-in.ts';

let engine: TestEngine;
let person: Person;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
});

const url = () => `${engine.party.url}/users`;
const current = async () => present(await engine.stores.people.find(person.id));

test('after a Done that was not true the app is asked again, and what it says by then ends it', async () => {
  const app = await listedIn(engine, person);
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  await engine.finishTask();
  await engine.timePasses(2 * HOUR);
  // Someone removes it in the app, and presses nothing.
  engine.party.on('GET /users', { json: [] });
  await engine.timePasses(10 * DAY);
  expect((await engine.removal(person, app)).state).toBe('gone');
}, 100_000);

test('after a Done that was not true someone has a task again', async () => {
  const app = await listedIn(engine, person);
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  await engine.finishTask();
  await engine.timePasses(3 * DAY);
  expect((await engine.openTasks()).length).toBe(1);
}, 100_000);

test('after a Done that was not true a manifest with a revoke revokes it', async () => {
  const manifest = (more: object) => ({
    exists: { method: 'GET', url: url(), expected: '{{email}}' },
    execute: [{ url: url() }],
    ...more,
  });
  const app = await engine.integration(manifest({}));
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  engine.party.on('DELETE /users', { status: 204 });
  await engine.granted(person, app);
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  await engine.finishTask();
  await engine.timePasses(HOUR);
  await engine.transact((tx) =>
    saveManifest(tx, app, {
      text: JSON.stringify(manifest({ revoke: [{ method: 'DELETE', url: url() }] })),
      ...engine,
      actor: engine.actor,
    }),
  );
  await engine.timePasses(2 * DAY);
  const removal = await engine.removal(person, app);
  await engine.transact((tx) => retryRemoval(tx, removal.id, engine.actor));
  await engine.timePasses(3 * HOUR);
  expect(engine.party.sent('DELETE')).toBeGreaterThan(0);
}, 60_000);

test('a Done proves what the app can not be asked about, beside an account that it was asked about', async () => {
  const app = await engine.integration({
    extra_user_info: [{ id: 'LOGIN', name: 'Login', description: 'There' }],
    exists: { method: 'GET', url: `${url()}/{{LOGIN}}`, fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{LOGIN}}` }],
  });
  await engine.change(person, { stored: { LOGIN: 'grace' } });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace', { json: {} });
  engine.party.on('DELETE /users/grace', { status: 204 });
  await engine.granted(person, app);
  await engine.change(person, { stored: {} });
  engine.party.on('GET /users/grace', { status: 404 });
  await engine.offboard(person, '2026-11-23');
  await engine.timePasses(50 * MINUTE);
  for (let round = 0; round < 6; round += 1) {
    if ((await engine.openTasks()).length > 0) await engine.finishTask();
    await engine.timePasses(8 * HOUR);
  }
  expect((await engine.removal(person, app)).state).toBe('gone');
}, 100_000);

test('of someone who is back and of whom nobody decides, a Done ends it', async () => {
  const app = await engine.integration({
    extra_user_info: [{ id: 'LOGIN', name: 'Login', description: 'There' }],
    exists: { method: 'GET', url: `${url()}/{{LOGIN}}`, fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{LOGIN}}` }],
  });
  await engine.change(person, { stored: { LOGIN: 'grace' } });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users/grace', { json: {} });
  engine.party.on('DELETE /users/grace', { status: 500 });
  await engine.granted(person, app);
  const { actor } = engine;
  const by = { actor };
  const here = await current();
  await engine.transact((tx) => deactivate(tx, here, by));
  await engine.runJobs();
  const left = await current();
  await engine.transact((tx) => reactivate(tx, left, by));
  await engine.runJobs();
  engine.party.on('DELETE /users/grace', { status: 204 });
  engine.party.on('GET /users/grace', { json: {} }, { json: {} }, { status: 404 });
  await engine.timePasses(5 * DAY);
  for (let round = 0; round < 5; round += 1) {
    if ((await engine.openTasks()).length > 0) await engine.finishTask();
    await engine.timePasses(8 * HOUR);
  }
  expect((await engine.removal(person, app)).state).toBe('gone');
}, 60_000);

const leaveAndDone = async () => {
  const { actor } = engine;
  const here = await current();
  await engine.transact((tx) => deactivate(tx, here, { actor }));
  await engine.runJobs();
  const task = firstOf(await engine.openTasks());
  const by = { person: engine.admin, actor };
  await engine.transact((tx) => finishTask(tx, task, by));
};
/** Before a worker has looked at what was done. */
const comeBack = async () => {
  const left = await current();
  await engine.transact((tx) => reactivate(tx, left, { actor: engine.actor }));
  await engine.runJobs();
};

test('of someone who is back right after it, a Done ends what can not be asked about', async () => {
  const app = await engine.integration({
    extra_user_info: [{ id: 'LOGIN', name: 'Login', description: 'There' }],
    exists: { method: 'GET', url: `${url()}/{{LOGIN}}`, fail_when_4xx_response_code: false },
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: `${url()}/{{LOGIN}}` }],
  });
  engine.party.on('POST /users', { json: {} });
  await engine.granted(person, app);
  await leaveAndDone();
  await comeBack();
  expect(await engine.removal(person, app)).toMatchObject({
    state: 'gone',
    proof: { kind: 'done' },
  });
});

test('of someone who is back right after it, a Done proves nothing of a grant that may still arrive', async () => {
  const app = await engine.integration({ execute: [{ url: url() }] });
  engine.party.on('POST /users', 'reset');
  await engine.granted(person, app);
  await leaveAndDone();
  await comeBack();
  const removal = await engine.removal(person, app);
  expect(isPaused(removal, engine.now())).toBe(true);
});

test('a Done proves nothing of a grant that may still arrive, whatever became of the manifest', async () => {
  const app = await engine.integration({
    execute: [{ url: url() }],
    revoke: [{ method: 'DELETE', url: url() }],
  });
  engine.party.on('POST /users', 'reset');
  await engine.granted(person, app);
  await engine.newManifest(app, { nonsense: true });
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  await engine.finishTask();
  await engine.later(MINUTE);
  expect((await engine.removal(person, app)).state).toBe('waiting');
});
