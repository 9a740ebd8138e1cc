/** A grant with other answers waits behind the unfinished one, and starts when that has ended, however it ended. */
import { beforeEach, describe, expect, test } from 'vitest';
import { hasSameAnswers } from '../../../src/engine/access/deferred-grants.ts';
import {
  cancelDeferred,
  cancelRetry,
  type StartResult,
  startGrant,
} from '../../../src/engine/access/grant.ts';
import { turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { deactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { policyKey } from '../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { policyOf } from '../../../src/engine/settings/settings.ts';
import {
  DAY,
  HOUR,
  inState,
  MINUTE,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { held } from '../../support/peers/third-party.ts';
import { aGrant, sequenceLab } from '../sequences/lab.ts';

let engine: TestEngine;
let ann: Person;
let asana: Integration;

const manifest = () => ({
  form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
  execute: [{ url: `${engine.party.url}/teams/{{TEAM}}`, data: { email: '{{email}}' } }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/members` }],
});

beforeEach(async () => {
  engine = await testEngine(); // It is Tuesday 24 November 2026, 09:00 UTC.
  for (const team of ['all', 'design', 'sales'])
    engine.party.on(`POST /teams/${team}`, { json: {} });
  engine.party.on('DELETE /members', { json: {} });
  ann = await engine.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  asana = await engine.integration(manifest());
});

const grant = (team: string) => engine.grant(ann, asana, { TEAM: team });
const sent = () => engine.party.requests.map(({ method, url }) => `${method} ${url}`);
const stateOf = async (started: StartResult) => (await engine.run(startedRun(started).id)).state;

/** A grant of the team `all` whose request is on its way. @returns what lets it go on */
async function inFlight(answered: Parameters<typeof held>[0] = { json: {} }) {
  const answer = held(answered);
  engine.party.on('POST /teams/all', answer.answer);
  const run = startedRun(await grant('all'));
  const working = engine.runJobs();
  await engine.party.received(1);
  return {
    run,
    end: async () => {
      answer.release();
      await working;
      await engine.runJobs();
    },
  };
}

/** A grant of the team `all` that has failed once. */
async function retrying() {
  engine.party.on('POST /teams/all', { status: 500 }, { json: {} });
  const { id } = startedRun(await grant('all'));
  await engine.runJobs();
  return inState(await engine.run(id), 'retrying');
}

describe('a grant with other answers', () => {
  test('waits behind the one in flight, and starts when that has succeeded', async () => {
    const first = await inFlight();
    const second = await grant('design');
    expect(second).toMatchObject({ kind: 'deferred', behind: { id: first.run.id } });
    expect(await stateOf(second)).toBe('deferred');
    expect(sent()).toEqual(['POST /teams/all']);
    await first.end();
    expect(await stateOf(second)).toBe('succeeded');
    expect(sent()).toEqual(['POST /teams/all', 'POST /teams/design']);
  });

  test('waits through the retry, and starts when both attempts have failed', async () => {
    engine.party.on('POST /teams/all', { status: 500 });
    await grant('all');
    const second = await grant('design');
    await engine.runJobs();
    expect(await stateOf(second)).toBe('deferred');
    await engine.later(HOUR);
    expect(await stateOf(second)).toBe('succeeded');
  });

  test('starts when the retry before it is cancelled', async () => {
    const { id } = await retrying();
    const second = await grant('design');
    const first = await engine.run(id);
    await engine.transact((tx) => cancelRetry(tx, first, engine.actor));
    await engine.runJobs();
    expect(await stateOf(second)).toBe('succeeded');
    expect(sent()).toEqual(['POST /teams/all', 'POST /teams/design']);
  });

  test('waits for its turn behind those that came before it', async () => {
    const first = await inFlight();
    await grant('design');
    await grant('sales');
    await first.end();
    expect(sent()).toEqual(['POST /teams/all', 'POST /teams/design', 'POST /teams/sales']);
  });

  test('that waits already is joined by one with the same answers', async () => {
    const first = await inFlight();
    const second = startedRun(await grant('design'));
    expect(await grant('design')).toMatchObject({ kind: 'joined', run: { id: second.id } });
    expect(await grant('all')).toMatchObject({ kind: 'joined', run: { id: first.run.id } });
    await first.end();
    expect(sent()).toEqual(['POST /teams/all', 'POST /teams/design']);
  });

  test('is cancelled alone, and the one before it goes on', async () => {
    const first = await inFlight();
    const second = startedRun(await grant('design'));
    await engine.transact((tx) => cancelDeferred(tx, second, engine.actor));
    await first.end();
    expect((await engine.run(second.id)).state).toBe('cancelled');
    expect(sent()).toEqual(['POST /teams/all']);
  });

  test('has the values that a newer manifest generates when it starts', async () => {
    const first = await inFlight();
    const second = await grant('design');
    await engine.newManifest(asana, {
      ...manifest(),
      initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
      execute: [{ url: `${engine.party.url}/teams/{{TEAM}}`, data: { password: '{{PASSWORD}}' } }],
    });
    await first.end();
    expect(await stateOf(second)).toBe('succeeded');
    expect(engine.party.requests.at(-1)?.body).toMatch(/^\{"password":"[\w-]{24}"\}$/);
  });

  test('is in the audit log when it was asked for and when it started', async () => {
    const first = await inFlight();
    const second = startedRun(await grant('design'));
    await first.end();
    const entries = await engine.stores.auditLog.list({ offset: 0, limit: 100 });
    const ofIt = entries.filter(({ runId }) => runId === second.id).toReversed();
    expect(ofIt.map(({ what }) => what)).toEqual([
      'grant.deferred',
      'grant.started',
      'run.succeeded',
    ]);
  });

  test('is given for as long as was asked for, from when it starts', async () => {
    await retrying();
    const wish = { actor: engine.actor, person: ann, integration: asana, hours: 7 * 24 };
    await engine.transact((tx) => startGrant(tx, { ...wish, form: { TEAM: 'design' } }));
    await engine.later(HOUR);
    const hold = (await engine.stores.holds.openAt(ann.id, asana.id)).at(-1);
    expect(hold?.endsAt).toEqual(new Date(engine.now().getTime() + 7 * DAY));
  });
});

describe('a revoke in the way', () => {
  test('lets a grant wait, also one with the answers that are there', async () => {
    const answer = held({ json: {} });
    engine.party.on('DELETE /members', answer.answer);
    await grant('all');
    await engine.runJobs();
    await engine.revoke(ann, asana);
    const working = engine.runJobs();
    await engine.party.received(2);
    const after = await grant('all');
    expect(after).toMatchObject({ kind: 'deferred', behind: { kind: 'revoke' } });
    answer.release();
    await working;
    await engine.runJobs();
    expect(sent()).toEqual(['POST /teams/all', 'DELETE /members', 'POST /teams/all']);
  });

  test('that follows a grant in flight comes before the grant that was asked for after it', async () => {
    const first = await inFlight();
    await engine.revoke(ann, asana);
    expect((await grant('all')).kind).toBe('deferred');
    await first.end();
    expect(sent()).toEqual(['POST /teams/all', 'DELETE /members', 'POST /teams/all']);
  });

  test('cancels the grants that waited before it', async () => {
    const first = await inFlight();
    const second = await grant('design');
    await engine.revoke(ann, asana);
    expect(await stateOf(second)).toBe('cancelled');
    await first.end();
    expect(sent()).toEqual(['POST /teams/all', 'DELETE /members']);
  });
});

describe('a grant that waits and can start no more', () => {
  test('is cancelled with its reason, and the next one has its turn', async () => {
    const first = await inFlight();
    const second = await grant('design');
    await engine.transact(async (tx) => {
      // A second question, which only the third one answers.
      const form = [...manifest().form, { id: 'ROLE', name: 'Role', type: 'input' }];
      const version = {
        id: engine.newId(),
        integrationId: asana.id,
        number: 2,
        manifest: JSON.stringify({ ...manifest(), form }),
        savedBy: { kind: 'system' } as const,
        createdAt: engine.now(),
      };
      await tx.integrations.insertVersion(version);
      await tx.integrations.save({ ...asana, manifestVersionId: version.id });
    });
    const third = await engine.grant(ann, asana, { TEAM: 'sales', ROLE: 'member' });
    await first.end();
    const refused = inState(await engine.run(startedRun(second).id), 'cancelled');
    expect(refused.cancelledBy).toEqual({ kind: 'system' });
    expect(refused.why).toContain('has changed and now needs "Role"');
    expect(await stateOf(third)).toBe('succeeded');
  });

  test('is cancelled where its integration is turned off', async () => {
    const first = await inFlight();
    const second = await grant('design');
    await engine.transact((tx) => turnOff(tx, asana, { ...engine, actor: engine.actor }));
    expect(await stateOf(second)).toBe('cancelled');
    await first.end();
    expect(sent()).toEqual(['POST /teams/all', 'DELETE /members']);
  });

  test('is cancelled where its person leaves', async () => {
    const first = await inFlight();
    const second = await grant('design');
    await engine.transact((tx) => deactivate(tx, ann, { ...engine, actor: engine.actor }));
    expect(await stateOf(second)).toBe('cancelled');
    await first.end();
    expect(sent()).not.toContain('POST /teams/design');
  });
});

describe('answers are the same', () => {
  test('whatever the order of a multiple choice and of the fields', () => {
    expect(hasSameAnswers({ A: ['x', 'y'], B: 'b' }, { B: 'b', A: ['y', 'x'] })).toBe(true);
  });

  test('where an optional field was left empty or left out', () => {
    expect(hasSameAnswers({ A: 'a', NOTE: '', MORE: [] }, { A: 'a' })).toBe(true);
  });

  test('and other answers are not', () => {
    expect(hasSameAnswers({ A: 'a' }, { A: 'b' })).toBe(false);
    expect(hasSameAnswers({ A: ['x'] }, { A: ['x', 'y'] })).toBe(false);
    expect(hasSameAnswers({ A: 'a' }, {})).toBe(false);
  });
});

test('two items of a sequence for two teams on one morning are both done, and the second says that it waited', async () => {
  const person = await engine.person({ startDate: '2026-11-25' });
  const lab = sequenceLab(engine);
  const timing = { kind: 'on', time: '09:00' } as const;
  const sequence = await lab.sequence([
    { timing, does: aGrant(asana.id, { TEAM: 'all' }) },
    { timing, does: aGrant(asana.id, { TEAM: 'design' }) },
  ]);
  await lab.assign(sequence, person);
  await lab.tick(DAY + MINUTE);
  await lab.tick(MINUTE);
  expect(sent().toSorted()).toEqual(['POST /teams/all', 'POST /teams/design']);
  const whys = (await lab.planned(person)).map((each) => ('why' in each ? each.why : undefined));
  expect(whys.filter((why) => why !== undefined)).toEqual([
    'It had to wait for another grant of Asana for Grace Hopper to finish.',
  ]);
});

test('an approved request for another team is given after the one that waits for its retry, for its days', async () => {
  const boss = await engine.person({ email: 'boss@example.com' });
  const report = await engine.person({ email: 'bo@example.com', managerEmail: boss.email });
  const by = (personId: string) => ({ kind: 'person', personId, via: 'slack' }) as const;
  engine.party.on('POST /teams/all', { status: 500 }, { json: {} });
  await engine.granted(report, asana, { TEAM: 'all' });
  const asked = await requested(engine.transact, {
    requester: report,
    integration: asana,
    hours: 7 * 24,
    content: { reason: 'A project', form: { TEAM: 'design' } },
  });
  const requestId = asked.id;
  const verdict = { requestId, verdict: 'approve', rules: policyKey(policyOf(asana)) } as const;
  await engine.transact((tx) => decideRequest(tx, { ...verdict, by: boss, actor: by(boss.id) }));
  await engine.later(HOUR);
  expect(sent().at(-1)).toBe('POST /teams/design');
  expect((await engine.stores.holds.openAt(report.id, asana.id)).at(-1)).toMatchObject({
    requestId,
    endsAt: new Date(engine.now().getTime() + 7 * DAY),
  });
});
