/** A revoke that uses the answers of the form runs once for each set of answers that was granted and isn't revoked yet. */
import { beforeEach, expect, test } from 'vitest';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import { DAY, MINUTE, type TestEngine, testEngine } from '../../../support/engine.ts';
import { accessSince } from '../../../support/has-access.ts';

let engine: TestEngine;
let ann: Person;
let asana: Integration;

beforeEach(async () => {
  engine = await testEngine();
  for (const team of ['all', 'design']) {
    engine.party.on(`POST /teams/${team}`, { json: {} });
    engine.party.on(`DELETE /teams/${team}`, { status: 204 });
  }
  ann = await engine.person();
  asana = await engine.integration({
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    execute: [{ url: `${engine.party.url}/teams/{{TEAM}}` }],
    revoke: [{ method: 'DELETE', url: `${engine.party.url}/teams/{{TEAM}}` }],
  });
});

async function grant(...teams: readonly string[]): Promise<void> {
  for (const team of teams) {
    await engine.grant(ann, asana, { TEAM: team });
    await engine.runJobs();
    await engine.later(MINUTE);
  }
}

async function revoke(): Promise<void> {
  await engine.revoke(ann, asana);
  await engine.runJobs();
  await engine.later(MINUTE);
}

const revoked = (): readonly string[] =>
  engine.party.requests
    .filter(({ method }) => method === 'DELETE')
    .map(({ url }) => url)
    .toSorted();

const stateOf = async () => (await engine.removal(ann, asana)).state;

test('each set is revoked once, however often it was granted', async () => {
  await grant('all', 'design', 'all');
  await revoke();
  expect(revoked()).toEqual(['/teams/all', '/teams/design']);
  expect(await stateOf()).toBe('gone');
});

test('what was revoked before is not revoked again with what was granted since', async () => {
  await grant('all');
  await revoke();
  await grant('design');
  await revoke();
  expect(revoked()).toEqual(['/teams/all', '/teams/design']);
});

test('what is granted again after its revoke is revoked again', async () => {
  await grant('all');
  await revoke();
  await grant('all');
  await revoke();
  expect(revoked()).toEqual(['/teams/all', '/teams/all']);
});

test('where one fails, only that one is sent again, and nothing is gone before it works', async () => {
  engine.party.on('DELETE /teams/all', { status: 500 }, { status: 204 });
  await grant('all', 'design');
  await revoke();
  expect(await stateOf()).toBe('stuck');
  await engine.later(DAY);
  expect(revoked()).toEqual(['/teams/all', '/teams/all', '/teams/design']);
  expect(await stateOf()).toBe('gone');
});

test('while another reason holds the app, what the answers of one that has ended gave stays; then all of it goes', async () => {
  const { actor } = engine;
  const team = (name: string, hours?: number) =>
    engine.transact((tx) =>
      startGrant(tx, { actor, person: ann, integration: asana, form: { TEAM: name }, hours }),
    );
  await team('all', 24);
  await engine.runJobs();
  await team('design', 72);
  await engine.runJobs();
  await engine.timePasses(2 * DAY);
  expect(await engine.stores.holds.openAt(ann.id, asana.id)).toHaveLength(1);
  expect(revoked()).toEqual([]);
  await engine.timePasses(2 * DAY);
  expect(revoked()).toEqual(['/teams/all', '/teams/design']);
  expect(await stateOf()).toBe('gone');
});

test('of access that was not granted here no one knows the answers, so an admin gets a task and nothing is sent', async () => {
  const { id: integrationId } = asana;
  await engine.transact((tx) =>
    tx.access.put(accessSince(engine.now(), { personId: ann.id, integrationId })),
  );
  await revoke();
  expect(revoked()).toEqual([]);
  expect(await engine.removal(ann, asana)).toMatchObject({
    state: 'by-hand',
    why: "Team isn't known, so Latchkey can't tell which account is theirs.",
  });
});
