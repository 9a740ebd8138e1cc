/** A grant that needs what someone else typed about the person waits until that is confirmed, and nothing is sent before. */
import { beforeEach, expect, test } from 'vitest';
import { waitsFor } from '../../../src/engine/access/deferred-words.ts';
import { queueCheck } from '../../../src/engine/access/queue-check.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import {
  confirmClaim,
  type Facts,
  factClaimSource,
  keepFacts,
  rejectClaim,
} from '../../../src/engine/people/fact-claims.ts';
import { waitingFacts } from '../../../src/engine/people/fact-questions.ts';
import {
  DAY,
  inState,
  MINUTE,
  startedRun,
  type TestEngine,
  testEngine,
} from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';
import { fire } from '../../support/tick.ts';
import { aGrant, sequenceLab } from '../sequences/lab.ts';

const NAME = 'GITHUB_USERNAME';

let engine: TestEngine;
let ann: Person;
let bo: Person;
let github: Integration;

const manifest = (more: Readonly<Record<string, unknown>> = {}) => ({
  extra_user_info: [{ id: NAME, name: 'GitHub username' }],
  exists: {
    method: 'GET',
    url: `${engine.party.url}/members/{{GITHUB_USERNAME}}`,
    expected: 'active',
  },
  execute: [{ method: 'PUT', url: `${engine.party.url}/members/{{GITHUB_USERNAME}}` }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/members/{{GITHUB_USERNAME}}` }],
  ...more,
});

beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('PUT /members/octocat', { json: {} });
  engine.party.on('GET /members/octocat', { json: { state: 'active' } });
  bo = await engine.person({ email: 'bo@example.com', firstName: 'Bo', lastName: 'Berg' });
  ann = await engine.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  github = await engine.integration(manifest(), {}, 'GitHub');
});

const as = ({ id }: Person): Actor => ({ kind: 'person', personId: id, via: 'slack' });
const types = (person: Person, value = 'octocat', name = NAME) => {
  const facts: Facts = { [name]: value };
  return engine.transact((tx) => keepFacts(tx, { personId: ann.id, facts, actor: as(person) }));
};
const ref = async () => {
  const [claim] = await engine.stores.factClaims.of(ann.id);
  return { personId: ann.id, name: claim?.name ?? '', at: claim?.at.getTime() ?? 0 };
};
const confirms = async (person: Person) => {
  const asked = await ref();
  const by = { person, actor: as(person) };
  return engine.transact((tx) => confirmClaim(tx, asked, by));
};
const rejects = async (person: Person) => {
  const asked = await ref();
  const by = { person, actor: as(person) };
  return engine.transact((tx) => rejectClaim(tx, asked, by));
};
const granted = async () => startedRun(await engine.grant(ann, github)).id;
const sent = () => engine.party.requests.map(({ method, url }) => `${method} ${url}`);
const isInChat = () =>
  engine.stores.identities.insert({
    platform: 'slack',
    tenant: 'T1',
    userId: 'U1',
    personId: ann.id,
    linkedAt: engine.now(),
  });

test('nothing is sent before the person confirms, and then the grant runs with what they confirmed', async () => {
  await isInChat();
  await types(bo);
  const id = await granted();
  await engine.later(DAY);
  expect((await engine.run(id)).state).toBe('deferred');
  expect(sent()).toEqual([]);
  expect(await confirms(ann)).toEqual({ kind: 'confirmed' });
  await engine.runJobs();
  expect((await engine.run(id)).state).toBe('succeeded');
  expect(sent()).toEqual(['PUT /members/octocat', 'GET /members/octocat']);
});

test('says what it waits for: the person in chat, and an admin for someone who is not there yet', async () => {
  await types(bo);
  const words = async () => {
    const facts = await waitingFacts(engine.stores, ann.id, github.id);
    return waitsFor({ facts }, 'GitHub', 'Ann Lee');
  };
  expect(await words()).toBe(
    'It starts when an admin confirms this about Ann Lee: GitHub username.',
  );
  await isInChat();
  expect(await words()).toBe('It starts when Ann Lee confirms this in chat: GitHub username.');
});

test('is confirmed by an admin for someone who is not in chat yet', async () => {
  await types(bo);
  const id = await granted();
  await confirms(engine.admin);
  await engine.runJobs();
  expect((await engine.run(id)).state).toBe('succeeded');
});

test('is cancelled when it is rejected, and the person who granted it gets its card', async () => {
  await types(bo);
  const id = await granted();
  await engine.runJobs();
  engine.chat.length = 0;
  expect(await rejects(ann)).toEqual({ kind: 'rejected' });
  await engine.runJobs();
  expect(inState(await engine.run(id), 'cancelled').why).toBe(
    "GitHub username of Ann Lee wasn't confirmed. Find out what it is, then grant the access again.",
  );
  expect(sent()).toEqual([]);
  const posted = engine.chat.filter(({ name }) => name === 'message.post');
  expect(posted.map(({ payload }) => payload)).toMatchObject([
    { personId: engine.admin.id, card: { view: 'run', payload: JSON.stringify({ runId: id }) } },
  ]);
});

test('is cancelled when nobody answers for 90 days', async () => {
  await types(bo);
  const id = await granted();
  await engine.later(91 * DAY);
  await fire(engine, [factClaimSource]);
  expect((await engine.run(id)).state).toBe('cancelled');
});

test('starts with what the person, an admin or an import says in its place', async () => {
  engine.party.on('PUT /members/ann-lee', { json: {} });
  engine.party.on('GET /members/ann-lee', { json: { state: 'active' } });
  await types(bo);
  const id = await granted();
  await types(engine.admin, 'ann-lee');
  await engine.runJobs();
  expect((await engine.run(id)).state).toBe('succeeded');
  expect(sent()[0]).toBe('PUT /members/ann-lee');
});

test('starts when an import brings the fact', async () => {
  engine.party.on('GET /people', {
    json: { people: [{ email: 'ann@example.com', github: 'octocat' }] },
  });
  const hr = await engine.integration(
    {
      action: 'update',
      schedule: '0 3 * * *',
      execute: [{ method: 'GET', url: `${engine.party.url}/people` }],
      data_from: 'people',
      data_structure: { email: 'email', [NAME]: 'github' },
    },
    {},
    'HR',
  );
  await types(bo, 'hexacat');
  const id = await granted();
  await engine.transact((tx) => startSync(tx, hr, { mode: 'import', ...engine }));
  await engine.runJobs();
  expect((await engine.run(id)).state).toBe('succeeded');
  expect(sent()).toContain('PUT /members/octocat');
  expect(await engine.stores.factClaims.of(ann.id)).toEqual([]);
});

test('waits also where the integration names the fact without asking for it', async () => {
  const other = await engine.integration(
    { execute: [{ url: `${engine.party.url}/hello`, data: { name: '{{GITHUB_USERNAME}}' } }] },
    {},
    'Hello',
  );
  await types(bo);
  const { id } = startedRun(await engine.grant(ann, other));
  expect((await engine.run(id)).state).toBe('deferred');
});

test('does not wait for a fact that it does not use, nor for one that its own form asks for', async () => {
  engine.party.on('POST /hello', { json: {} });
  const other = await engine.integration(
    {
      form: [{ id: 'BADGE', name: 'Badge', type: 'input' }],
      execute: [{ url: `${engine.party.url}/hello`, data: { badge: '{{BADGE}}' } }],
    },
    {},
    'Hello',
  );
  await types(bo);
  await types(bo, '4711', 'BADGE');
  const started = await engine.grant(ann, other, { BADGE: '12' });
  expect(started.kind).toBe('started');
});

test('waits for both where another grant is under way, and starts when both are over', async () => {
  await types(engine.admin);
  const answer = held({ json: {} });
  engine.party.on('PUT /members/octocat', answer.answer, { json: {} });
  github = await engine.newManifest(github, {
    ...manifest(),
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    extra_user_info: [
      { id: NAME, name: 'GitHub username' },
      { id: 'EXTRA', name: 'Extra' },
    ],
  });
  const first = startedRun(await engine.grant(ann, github, { TEAM: 'a' })).id;
  const working = engine.runJobs();
  await engine.party.received(1);
  await types(bo, 'x', 'EXTRA');
  const second = startedRun(await engine.grant(ann, github, { TEAM: 'b' })).id;
  answer.release();
  await working;
  await engine.runJobs();
  expect((await engine.run(first)).state).toBe('succeeded');
  expect((await engine.run(second)).state).toBe('deferred');
  await confirms(ann);
  await engine.runJobs();
  expect((await engine.run(second)).state).toBe('succeeded');
});

test('a check before that sends nothing, and says what is not known', async () => {
  await types(bo);
  await engine.transact((tx) =>
    queueCheck(tx.queue, { personId: ann.id, integrationId: github.id }),
  );
  await engine.runJobs();
  expect(sent()).toEqual([]);
  expect(await engine.stores.access.find(ann.id, github.id)).toMatchObject({
    state: 'unknown',
    reason: "GitHub username isn't known, so Latchkey couldn't check.",
  });
});

test('what could not be checked without the fact is checked once it is confirmed', async () => {
  await types(bo);
  await engine.transact((tx) =>
    queueCheck(tx.queue, { personId: ann.id, integrationId: github.id }),
  );
  await engine.runJobs();
  await confirms(engine.admin);
  await engine.runJobs();
  expect(sent()).toEqual(['GET /members/octocat']);
  expect(await engine.stores.access.find(ann.id, github.id)).toMatchObject({ state: 'has' });
});

test('what the calendar grants waits too, and keeps for what', async () => {
  const lab = sequenceLab(engine);
  const sequence = await lab.sequence([
    { timing: { kind: 'at-once' }, does: aGrant(github.id, {}) },
  ]);
  await types(bo);
  await lab.assign(sequence, ann);
  await lab.tick(MINUTE);
  expect(sent()).toEqual([]);
  expect(await lab.planned(ann)).toMatchObject([
    {
      state: 'fired',
      why: 'It had to wait until this was confirmed about Ann Lee: GitHub username.',
    },
  ]);
  await confirms(engine.admin);
  await lab.tick(MINUTE);
  expect(sent()).toContain('PUT /members/octocat');
});
