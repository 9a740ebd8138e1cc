/** What stops grants: what it cancels, removes and leaves alone. That no access is left behind is `test/contracts/access/stopped-grants.ts`. */
import { beforeEach, describe, expect, test } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { stopOtherGrants } from '../../../src/engine/access/stop-grants.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import {
  type AccessWhenDeleted,
  deleteIntegration,
} from '../../../src/engine/integrations/delete-integration.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import { HOUR, MINUTE, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

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

/** Its first step gives access; its second waits until a job at the app is done. */
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

test('a grant of a clock that was ahead is stopped, too', async () => {
  engine.clock.advance(HOUR);
  await engine.grant(person, integration);
  engine.clock.advance(-HOUR);
  await engine.transact((tx) => turnOff(tx, integration, parts()));
  expect(await states()).toEqual(['execute cancelled']);
});

test('so is a task of such a clock, also by the job that stops the rest', async () => {
  const added = await engine.transact((tx) =>
    addManual(tx, { name: 'Badge', assignee: { kind: 'manager' } }, engine),
  );
  if (!added.ok) throw new Error('There is no badge');
  const { integration: badge } = added;
  engine.clock.advance(HOUR);
  const wish = { person, integration: badge, actor: engine.actor };
  await engine.transact((tx) => grantByHand(tx, wish));
  engine.clock.advance(-HOUR);
  await engine.transact((tx) => tx.integrations.save({ ...badge, enabled: false }));
  await stopOtherGrants({ integrationId: badge.id, before: engine.now().getTime() }, engine);
  const { tasks } = await engine.stores.tasks.list({}, { offset: 0, limit: 10 });
  expect(tasks.map(({ kind, state }) => [kind, state])).toEqual([['grant', 'cancelled']]);
});

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

describe('a grant that has sent nothing', () => {
  test('is cancelled, and that is all', async () => {
    await engine.grant(person, integration);
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await engine.runJobs();
    expect(await states()).toEqual(['execute cancelled']);
    expect(engine.party.requests).toEqual([]);
    expect(await engine.stores.removals.latest(person.id, integration.id)).toBeUndefined();
  });

  test('is no reason for access any more', async () => {
    await engine.grant(person, integration);
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await engine.stores.holds.openAt(person.id, integration.id)).toEqual([]);
  });

  test('is left alone at other integrations', async () => {
    const zoom = await engine.integration(manifest(), { TOKEN: 'abc' }, 'Zoom');
    const grant = startedRun(await engine.grant(person, zoom));
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect((await engine.run(grant.id)).state).toBe('queued');
  });

  test('is cancelled when its person leaves', async () => {
    const run = startedRun(await engine.grant(person, integration));
    await engine.transact((tx) => deactivate(tx, person, parts()));
    expect((await engine.run(run.id)).state).toBe('cancelled');
  });
});

test('a revoke goes on where the integration is turned off', async () => {
  await engine.grant(person, integration);
  engine.party.on('GET /job', { json: { done: true } });
  await engine.runJobs();
  const revoke = startedRun(await engine.revokeRun(person, integration));
  await engine.transact((tx) => turnOff(tx, integration, parts()));
  expect((await engine.run(revoke.id)).state).toBe('queued');
});

describe('a grant in flight', () => {
  test('ends at its next pause, and what it made is removed', async () => {
    const goOn = await inFlight();
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'waiting',
      causes: [{ kind: 'stopped-grant' }],
    });
    await goOn();
    expect(engine.party.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    expect((await engine.removal(person, integration)).state).toBe('gone');
  });

  test('that waits for the other side is cancelled at once, and what it made is removed', async () => {
    engine.party.on('GET /job', { json: { done: false } });
    await engine.granted(person, integration);
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await states()).toEqual(['execute cancelled']);
    await engine.runJobs();
    expect((await engine.removal(person, integration)).causes).toMatchObject([
      { kind: 'stopped-grant' },
    ]);
    expect(hasAccess()).toBe(false);
  });

  test('leaves alone what the person has there for another reason', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    await engine.granted(person, integration, { team: 'core' });
    const [before] = await engine.stores.holds.openAt(person.id, integration.id);
    engine.party.on('GET /job', { json: { done: false } });
    await engine.granted(person, integration, { team: 'web' });
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await engine.runJobs();
    expect(await states()).toEqual(['execute succeeded', 'execute cancelled']);
    expect(await engine.stores.removals.latest(person.id, integration.id)).toBeUndefined();
    expect(hasAccess()).toBe(true);
    const holds = await engine.stores.holds.openAt(person.id, integration.id);
    expect(holds.map(({ id }) => id)).toEqual([before?.id]);
  });

  test('leaves what others have there already alone', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    const ann = await engine.person({ email: 'ann@example.com' });
    await engine.granted(ann, integration);
    const goOn = await inFlight();
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await goOn();
    expect(await engine.stores.removals.latest(ann.id, integration.id)).toBeUndefined();
  });

  test('whose access can not be revoked leaves a task to remove it', async () => {
    engine.party.on('GET /job', { json: { done: false } });
    const { revoke: _, ...forGood } = manifest();
    const zoom = await engine.integration(forGood, { TOKEN: 'abc' }, 'Zoom');
    await engine.granted(person, zoom);
    await engine.transact((tx) => turnOff(tx, zoom, parts()));
    await engine.runJobs();
    expect(await engine.removal(person, zoom)).toMatchObject({
      state: 'by-hand',
      why: "Latchkey can't revoke access to Zoom. Remove it in Zoom itself.",
    });
  });

  test('whose revoke is gone from the manifest when it ends leaves a task, too', async () => {
    const goOn = await inFlight();
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    const { revoke: _, ...forGood } = manifest();
    const off = await engine.stores.integrations.find(integration.id);
    if (off) await engine.newManifest(off, forGood);
    await goOn();
    expect((await engine.removal(person, integration)).state).toBe('by-hand');
  });
});

describe('an integration that is turned off', () => {
  test('is granted to nobody, also by someone who saw it turned on', async () => {
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    expect(await engine.grant(person, integration)).toEqual({
      kind: 'refused',
      why: 'Asana is turned off. An admin can turn it on again.',
    });
  });

  test('can still be revoked', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    await engine.granted(person, integration);
    await engine.transact((tx) => turnOff(tx, integration, parts()));
    await engine.revoke(person, integration);
    await engine.runJobs();
    expect(hasAccess()).toBe(false);
  });
});

describe('an integration that is deleted', () => {
  const remove = (access: AccessWhenDeleted = 'keep') =>
    engine.transact((tx) => deleteIntegration(tx, integration, { access, ...parts() }));
  const secrets = () => engine.stores.secrets.names(integration.id);
  const isDeleted = async () =>
    (await engine.stores.integrations.find(integration.id))?.deletedAt !== undefined;

  test('loses its secrets at once where no removal has yet to end', async () => {
    await remove();
    expect(await secrets()).toEqual([]);
  });

  test('stays, with its secrets, until a grant in flight has ended and is removed', async () => {
    const goOn = await inFlight();
    await remove();
    expect(await isDeleted()).toBe(false);
    expect(await secrets()).toEqual(['TOKEN']);
    await goOn();
    expect(await states()).toEqual(['execute cancelled', 'revoke succeeded']);
    expect(engine.party.requests.at(-1)?.headers['authorization']).toBe('Bearer abc');
    expect(await isDeleted()).toBe(true);
    expect(await secrets()).toEqual([]);
  });

  test('is not gone before a removal that is stuck has ended', async () => {
    engine.party.on('GET /job', { json: { done: true } });
    await engine.granted(person, integration);
    engine.party.on('DELETE /members', { status: 500 });
    await remove('remove');
    await engine.runJobs();
    expect((await engine.removal(person, integration)).state).toBe('stuck');
    expect(await secrets()).toEqual(['TOKEN']);
    engine.party.on('DELETE /members', { json: {} });
    await engine.later(HOUR);
    expect(await isDeleted()).toBe(true);
    expect(await secrets()).toEqual([]);
  });

  test('is revoked by the worker that takes over from one that died in between', async () => {
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
    await engine.later(HOUR);
    expect(hasAccess()).toBe(false);
    expect(await secrets()).toEqual([]);
  });

  test('is not known to give anybody access any more, whatever a run says at its end', async () => {
    const goOn = await inFlight();
    await remove();
    await goOn();
    expect(await engine.stores.access.forPerson(person.id)).toEqual([]);
  });

  test('is granted to nobody', async () => {
    await remove();
    expect(await engine.grant(person, integration)).toEqual({
      kind: 'refused',
      why: 'Asana has been deleted.',
    });
  });
});

test('someone who has left is granted nothing', async () => {
  await engine.stores.people.save({ ...person, active: false });
  const started = await engine.transact((tx) =>
    startGrant(tx, { actor: engine.actor, person, integration, form: {} }),
  );
  expect(started).toEqual({
    kind: 'refused',
    why: 'Grace Hopper has left. An admin can reactivate them; then grant it.',
  });
});
