/** What stops grants: what it cancels, keeps, tells and leaves alone. That no access is left behind is `contracts/stopped-grants.ts`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { announceLeft } from '../../src/bots/features/announce-end.ts';
import { advanceRun } from '../../src/engine/advance-run.ts';
import { deleteIntegration, turnOff } from '../../src/engine/change-integration.ts';
import type { Integration, Person } from '../../src/engine/directory.ts';
import { startGrant } from '../../src/engine/grant.ts';
import { sweep } from '../../src/jobs/take-over.ts';
import { releaseJobsOf } from '../../src/store/queue.ts';
import { MINUTE, startedRun, type TestEngine, testEngine } from '../support/engine.ts';
import { held } from '../support/third-party.ts';

let engine: TestEngine;
let person: Person;
let integration: Integration;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
  engine.party.on('POST /members', { json: {} });
  engine.party.on('DELETE /members', { json: {} });
  integration = await engine.integration(manifest(), { TOKEN: 'abc' });
});
afterEach(() => engine.cleanup());

/** Its first step gives access; its second waits until a job at the other side is done. */
const manifest = () => ({
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  execute: [
    { url: `${engine.party.url}/members`, data: { email: '{{email}}' } },
    {
      method: 'GET',
      url: `${engine.party.url}/job`,
      continue_if: { response_notation: 'done', value: true },
      polling: { interval: 60, amount: 10 },
    },
  ],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/members` }],
});

const parts = () => ({ ...engine, actor: engine.actor });
const writes = () =>
  engine.party.requests.map(({ method }) => method).filter((method) => method !== 'GET');
/** Access is there when the last thing that happened to it is that it was given. */
const hasAccess = (): boolean => writes().at(-1) === 'POST';
const allRuns = async () =>
  (await engine.stores.runs.list({}, { offset: 0, limit: 100 })).runs.toReversed();
const states = async () => (await allRuns()).map(({ kind, state }) => `${kind} ${state}`);

/** A grant whose first write is on its way. @returns what lets it go on */
async function inFlight(): Promise<() => Promise<void>> {
  engine.party.on('GET /job', { json: { done: true } });
  const answer = held({ json: {} });
  engine.party.on('POST /members', answer.answer);
  await engine.grant(person, integration);
  const working = engine.runJobs();
  await engine.party.received(1);
  return async () => {
    answer.release();
    await working;
  };
}

describe('what was not begun', () => {
  test('is not revoked: a grant that has sent nothing is cancelled, and that is all', async () => {
    await engine.grant(person, integration);
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await engine.runJobs();
    expect(await states()).toEqual(['execute cancelled']);
    expect(engine.party.requests).toEqual([]);
  });

  test('is left alone at other integrations and for a revoke', async () => {
    const zoom = await engine.integration(manifest(), { TOKEN: 'abc' }, 'Zoom');
    const grant = startedRun(await engine.grant(person, zoom));
    const revoke = startedRun(await engine.revoke(person, integration));
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect((await engine.run(grant.id)).state).toBe('queued');
    expect((await engine.run(revoke.id)).state).toBe('queued');
  });
});

test('what was begun and can not be revoked is in the audit log, and admins get its card', async () => {
  engine.party.on('GET /job', { json: { done: false } });
  const { revoke: _, ...forGood } = manifest();
  const zoom = await engine.integration(forGood, { TOKEN: 'abc' }, 'Zoom');
  const run = startedRun(await engine.grant(person, zoom));
  await engine.runJobs();
  const other = await engine.person({ email: 'eve@example.com', role: 'admin' });
  await engine.transact((tx) => turnOff(tx, zoom, { ...parts(), announceLeft }));
  await engine.runJobs();
  const cards = engine.chat.filter(({ name }) => name === 'message.post');
  expect(cards.map(({ payload }) => payload)).toMatchObject([
    { personId: other.id, card: { subject: `run:${run.id}` } },
  ]);
  const entries = await engine.stores.audit.list({ offset: 0, limit: 100 });
  expect(entries.find(({ what }) => what === 'revoke.refused')).toMatchObject({
    runId: run.id,
    detail: { why: 'Zoom has no revoke in its manifest. Take the access away in Zoom itself.' },
  });
});

test('admins get the card of a grant whose access stays, since its revoke is gone from the manifest', async () => {
  const begun = await inFlight();
  await engine.transact((tx) => turnOff(tx, integration, parts()));
  const { revoke: _, ...forGood } = manifest();
  const off = await engine.stores.integrations.find(integration.id);
  if (off) await engine.newManifest(off, forGood);
  const other = await engine.person({ email: 'eve@example.com', role: 'admin' });
  await begun();
  const [run] = await allRuns();
  const cards = engine.chat.filter(({ name }) => name === 'message.post');
  expect(cards.map(({ payload }) => payload)).toMatchObject([
    { personId: other.id, card: { subject: `run:${run?.id}` } },
  ]);
});

describe('an integration that is turned off', () => {
  test('is granted to nobody, also by whoever saw it turned on', async () => {
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await engine.grant(person, integration)).toEqual({
      kind: 'refused',
      why: 'Asana is turned off. An admin can turn it on again.',
    });
  });

  test('can still be revoked', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    await engine.grant(person, integration);
    await engine.runJobs();
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await engine.revoke(person, integration);
    await engine.runJobs();
    expect(hasAccess()).toBe(false);
  });
});

describe('an integration that is deleted', () => {
  const remove = () => engine.transact((tx) => deleteIntegration(tx, integration, parts()));
  const secrets = () => engine.stores.secrets.names(integration.id);
  const sweeping = () =>
    sweep({ ...engine, releaseJobsOf: (workerId) => releaseJobsOf(engine.db, workerId) });

  test('loses its secrets at once where no run has yet to end', async () => {
    await remove();
    expect(await secrets()).toEqual([]);
  });

  test('keeps its secrets until the revoke has ended that follows a grant in flight', async () => {
    const end = await inFlight();
    await remove();
    await sweeping();
    expect(await secrets()).toEqual(['TOKEN']);
    await end();
    expect(await states()).toEqual(['execute succeeded', 'revoke succeeded']);
    expect(engine.party.requests.at(-1)?.headers['authorization']).toBe('Bearer abc');
    await sweeping();
    expect(await secrets()).toEqual([]);
  });

  test('is revoked by whoever takes over from a worker that died in between', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    const answer = held({ json: {} });
    engine.party.on('POST /members', answer.answer);
    const run = startedRun(await engine.grant(person, integration));
    const dying = advanceRun(run.id, engine.worker('worker-that-dies'));
    await engine.party.received(1);
    await remove();
    await engine.die('worker-that-dies');
    answer.release();
    await dying;
    await engine.later(MINUTE);
    await sweeping();
    expect(hasAccess()).toBe(false);
    expect(await secrets()).toEqual([]);
  });

  test('is not known to give anybody access any more, whatever a run says at its end', async () => {
    const end = await inFlight();
    await remove();
    await end();
    expect(await engine.stores.access.forPerson(person.id)).toEqual([]);
  });

  test('is granted to nobody', async () => {
    await remove();
    expect(await engine.grant(person, integration)).toEqual({
      kind: 'refused',
      why: 'Asana was deleted meanwhile.',
    });
  });
});

test('somebody who has left is granted nothing', async () => {
  await engine.stores.people.save({ ...person, active: false });
  const started = await engine.transact((tx) =>
    startGrant(tx, { actor: engine.actor, person, integration, form: {} }, parts()),
  );
  expect(started).toEqual({
    kind: 'refused',
    why: 'Grace Hopper has left. An admin can make them active again; then grant it.',
  });
});
