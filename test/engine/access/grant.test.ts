import { beforeEach, describe, expect, test } from 'vitest';
import { cancelRetry, retryNow, type StartResult } from '../../../src/engine/access/grant.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { advanceRun } from '../../../src/engine/runs/advance-run.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { HOUR, inState, startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

let engine: TestEngine;
let person: Person;
let integration: Integration;

const manifest = () => ({
  execute: [{ url: `${engine.party.url}/users`, data: { email: '{{email}}' } }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
});

const furnish = async () => {
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { json: {} });
  person = await engine.person();
  integration = await engine.integration(manifest());
};
beforeEach(async () => {
  engine = await testEngine();
  await furnish();
});

const refusal = (started: StartResult): string => {
  if (started.kind !== 'refused') throw new Error(`It was not refused, but ${started.kind}`);
  return started.why;
};
const sent = () => engine.party.requests.map(({ method }) => method);
const allRuns = async () =>
  (await engine.stores.runs.list({}, { offset: 0, limit: 1000 })).runs.toReversed();
const save = (change: Partial<Integration>) =>
  engine.transact((tx) => tx.integrations.save({ ...integration, ...change }));

describe('a grant', () => {
  test('that is doubled joins the first', async () => {
    const first = await engine.grant(person, integration);
    const second = await engine.grant(person, integration);
    expect(first.kind).toBe('started');
    expect(second.kind).toBe('joined');
    expect(startedRun(second).id).toBe(startedRun(first).id);
    await engine.runJobs();
    expect(sent()).toEqual(['POST']);
  });

  test('joins one that waits for its retry', async () => {
    engine.party.on('POST /users', { status: 400 });
    const first = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    expect((await engine.run(first.id)).state).toBe('retrying');
    expect(await engine.grant(person, integration)).toMatchObject({
      kind: 'joined',
      run: { id: first.id },
    });
  });

  test('after one that has ended starts a new run', async () => {
    await engine.granted(person, integration);
    expect((await engine.grant(person, integration)).kind).toBe('started');
  });

  test('of 50 at once on two connections is one run, one request and one audit entry', async () => {
    const other = unitOfWork(engine.connect(), engine.vault, { now: engine.now });
    const clicks = await Promise.all(
      Array.from({ length: 50 }, (_, click) =>
        engine.grantBy(click % 2 === 0 ? engine.transact : other, person, integration),
      ),
    );
    expect(clicks.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    expect(clicks.filter(({ kind }) => kind === 'joined')).toHaveLength(49);
    expect(new Set(clicks.map((each) => startedRun(each).id)).size).toBe(1);
    await engine.runJobs();
    expect(sent()).toEqual(['POST']);
    expect((await engine.audited()).filter((what) => what === 'grant.started')).toHaveLength(1);
  });

  test('and its job are stored together: where the transaction fails, there is neither', async () => {
    const failing = engine.transact(async (tx) => {
      await engine.grantIn(tx, person, integration);
      throw new Error('The connection to the database broke');
    });
    await expect(failing).rejects.toThrow('broke');
    expect(await engine.runJobs()).toBe(0);
    expect(await allRuns()).toEqual([]);
  });

  test('keeps who did it, for whom and where in the audit log', async () => {
    const run = startedRun(await engine.grant(person, integration));
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({
      what: 'grant.started',
      actor: engine.actor,
      personId: person.id,
      integrationId: integration.id,
      runId: run.id,
      at: engine.now(),
    });
  });

  test('keeps form values encrypted', async () => {
    engine = await testEngine({ ownFile: true });
    await furnish();
    await engine.grant(person, integration, { TEAM: 'the-secret-team' });
    expect(engine.databaseBytes()).not.toContain('the-secret-team');
  });
});

describe('a grant is refused', () => {
  test('where the integration is turned off', async () => {
    const off = await save({ enabled: false });
    expect(refusal(await engine.grant(person, off))).toBe(
      'Asana is turned off. An admin can turn it on again.',
    );
  });

  test('where its form asks by now for what nobody has answered', async () => {
    const form = [{ id: 'TEAM', name: 'Team', type: 'input' }];
    const changed = await engine.integration({ ...manifest(), form }, {}, 'Changed');
    expect(refusal(await engine.grant(person, changed))).toContain(
      'has changed and now needs "Team"',
    );
    expect(await allRuns()).toEqual([]);
  });

  test('where it only imports people', async () => {
    const hr = await engine.integration(
      {
        action: 'create',
        execute: [{ url: `${engine.party.url}/people`, method: 'GET' }],
        data_from: 'people',
        data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
      },
      {},
      'Bamboo',
    );
    expect(refusal(await engine.grant(person, hr))).toBe(
      "Bamboo imports people; it doesn't grant access.",
    );
  });

  test('where its manifest can no longer be read', async () => {
    await engine.db('manifest_versions').update({ manifest: '{ broken' });
    expect(refusal(await engine.grant(person, integration))).toBe(
      "Latchkey can't read the manifest of Asana. An admin needs to save it again.",
    );
  });
});

describe('a revoke', () => {
  test('is done and known', async () => {
    await engine.granted(person, integration);
    await engine.revoke(person, integration);
    await engine.runJobs();
    expect((await allRuns()).at(-1)).toMatchObject({ kind: 'revoke', state: 'succeeded' });
    expect(await engine.stores.access.find(person.id, integration.id)).toMatchObject({
      state: 'none',
    });
  });

  test('that is doubled joins the first', async () => {
    const first = await engine.revoke(person, integration);
    if (first.kind === 'nothing') throw new Error(first.kind);
    expect(await engine.revoke(person, integration)).toMatchObject({
      kind: 'joined',
      removal: { id: first.removal.id },
    });
  });

  test('cancels a queued grant, which then sends nothing', async () => {
    const grant = startedRun(await engine.grant(person, integration));
    await engine.revoke(person, integration);
    await engine.runJobs();
    expect(inState(await engine.run(grant.id), 'cancelled').cancelledBy).toEqual(engine.actor);
    expect(sent()).not.toContain('POST');
  });

  test('cancels a grant that waits for a poll', async () => {
    engine.party.on('GET /jobs', { json: { done: false } });
    const polled = await engine.integration(
      {
        ...manifest(),
        execute: [
          {
            method: 'GET',
            url: `${engine.party.url}/jobs`,
            continue_if: { response_notation: 'done', value: true },
            polling: { interval: 60, amount: 10 },
          },
        ],
      },
      {},
      'Zoom',
    );
    const grant = startedRun(await engine.grant(person, polled));
    await engine.runJobs();
    expect((await engine.run(grant.id)).state).toBe('waiting');

    await engine.revoke(person, polled);
    expect((await engine.run(grant.id)).state).toBe('cancelled');
    await engine.later(HOUR);
    expect(sent()).toEqual(['GET', 'DELETE']);
  });

  test('cancels a grant that waits for its retry', async () => {
    engine.party.on('POST /users', { status: 400 });
    const grant = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    await engine.revoke(person, integration);
    expect((await engine.run(grant.id)).state).toBe('cancelled');
    await engine.later(HOUR);
    expect(sent()).toEqual(['POST', 'DELETE']);
  });

  test('cancels and starts in one transaction: nobody sees one without the other', async () => {
    const grant = startedRun(await engine.grant(person, integration));
    const failing = engine.transact(async (tx) => {
      await engine.revokeIn(tx, person, integration);
      throw new Error('The connection to the database broke');
    });
    await expect(failing).rejects.toThrow('broke');
    expect((await engine.run(grant.id)).state).toBe('queued');
  });

  test('follows a grant in flight, starts at its end, and leaves no access behind', async () => {
    const answer = held({ json: {} });
    engine.party.on('POST /users', answer.answer);
    const grant = startedRun(await engine.grant(person, integration));
    const working = engine.runJobs();
    await engine.party.received(1);

    await engine.revoke(person, integration);
    expect((await engine.run(grant.id)).stoppedBy).toEqual(engine.actor);
    expect(sent()).toEqual(['POST']);
    answer.release();
    await working;

    expect((await allRuns()).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'execute cancelled',
      'revoke succeeded',
    ]);
    expect(sent()).toEqual(['POST', 'DELETE']);
    expect(await engine.stores.access.find(person.id, integration.id)).toMatchObject({
      state: 'none',
    });
    expect(await engine.audited()).toEqual(
      expect.arrayContaining(['run.stopping', 'run.cancelled', 'revoke.started']),
    );
  });

  test('follows a grant in flight that fails: there is no retry, and the revoke runs', async () => {
    const answer = held({ status: 500 });
    engine.party.on('POST /users', answer.answer);
    const grant = startedRun(await engine.grant(person, integration));
    const working = engine.runJobs();
    await engine.party.received(1);
    await engine.revoke(person, integration);
    answer.release();
    await working;
    await engine.later(HOUR);
    expect((await engine.run(grant.id)).state).toBe('failed');
    expect(sent()).toEqual(['POST', 'DELETE']);
  });

  test('follows a grant whose worker dies: the worker that takes over ends it and revokes', async () => {
    const answer = held({ json: {} });
    engine.party.on('POST /users', answer.answer);
    const grant = startedRun(await engine.grant(person, integration));
    const dying = advanceRun(grant.id, engine.worker('worker-that-dies'));
    await engine.party.received(1);
    await engine.revoke(person, integration);
    await engine.die('worker-that-dies');
    await engine.runJobs();
    expect(sent()).toEqual(['POST', 'DELETE']);
    expect((await engine.run(grant.id)).state).toBe('failed');
    answer.release();
    await dying;
    expect((await engine.run(grant.id)).state).toBe('failed');
  });

  test('follows a grant in flight that then has to wait: that wait is cancelled', async () => {
    const answer = held({ status: 503 });
    engine.party.on('POST /users', answer.answer);
    const grant = startedRun(await engine.grant(person, integration));
    const working = engine.runJobs();
    await engine.party.received(1);
    await engine.revoke(person, integration);
    answer.release();
    await working;
    expect((await engine.run(grant.id)).state).toBe('cancelled');
    expect(sent()).toEqual(['POST', 'DELETE']);
  });

  test('that comes during the first of two steps keeps the second from being sent', async () => {
    const answer = held({ json: {} });
    engine.party.on('POST /first', answer.answer);
    engine.party.on('POST /second', { json: {} });
    const { revoke } = manifest();
    const twoSteps = await engine.integration(
      {
        execute: ['first', 'second'].map((path) => ({ url: `${engine.party.url}/${path}` })),
        revoke,
      },
      {},
      'Zoom',
    );
    const grant = startedRun(await engine.grant(person, twoSteps));
    const working = engine.runJobs();
    await engine.party.received(1);
    await engine.revoke(person, twoSteps);
    answer.release();
    await working;
    expect((await engine.run(grant.id)).state).toBe('cancelled');
    expect(engine.party.requests.map(({ url }) => url)).toEqual(['/first', '/users']);
    expect(await engine.stores.access.find(person.id, twoSteps.id)).toMatchObject({
      state: 'none',
    });
  });

  test('that can no longer start at the end of the grant is a task, which says why', async () => {
    const answer = held({ json: {} });
    engine.party.on('POST /users', answer.answer);
    await engine.grant(person, integration);
    const working = engine.runJobs();
    await engine.party.received(1);
    await engine.revoke(person, integration);
    const { execute } = manifest();
    await engine.newManifest(integration, { execute });
    answer.release();
    await working;
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'by-hand',
      why: "Latchkey can't revoke access to Asana. Remove it in Asana itself.",
    });
  });

  test('is a task where the manifest has none', async () => {
    const { execute } = manifest();
    const forGood = await engine.integration({ execute }, {}, 'Zoom');
    await engine.granted(person, forGood);
    await engine.revoke(person, forGood);
    await engine.runJobs();
    expect((await engine.removal(person, forGood)).state).toBe('by-hand');
  });

  test('that fails shows where it stopped, and is not retried', async () => {
    engine.party.on('DELETE /users', { status: 500 });
    const run = startedRun(await engine.revokeRun(person, integration));
    await engine.runJobs();
    await engine.later(2 * HOUR);
    expect(inState(await engine.run(run.id), 'failed').error.step).toBe(0);
    expect(sent()).toEqual(['DELETE']);
  });

  test('does not touch the grant of another person', async () => {
    const other = await engine.person({ email: 'linus@example.com' });
    const grant = startedRun(await engine.grant(other, integration));
    await engine.revoke(person, integration);
    expect((await engine.run(grant.id)).state).toBe('queued');
  });
});

describe('a run that waits for its retry', () => {
  const failed = async () => {
    engine.party.on('POST /users', { status: 400 }, { json: {} });
    const run = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    return engine.run(run.id);
  };

  test('runs at once with Retry now, and not again an hour later', async () => {
    const run = await failed();
    await engine.transact((tx) => retryNow(tx, run, engine.actor));
    await engine.runJobs();
    expect(await engine.run(run.id)).toMatchObject({ state: 'succeeded', attempt: 2 });
    await engine.later(HOUR);
    expect(sent()).toEqual(['POST', 'POST']);
    expect(await engine.audited()).toContain('run.retry-now');
  });

  test('never runs again after Cancel retry', async () => {
    const run = await failed();
    await engine.transact((tx) => cancelRetry(tx, run, engine.actor));
    await engine.later(HOUR);
    expect(inState(await engine.run(run.id), 'cancelled').cancelledBy).toEqual(engine.actor);
    expect(sent()).toEqual(['POST']);
    expect(await engine.audited()).toContain('run.cancelled');
  });

  test('Retry now and Cancel retry leave a run alone that waits no longer', async () => {
    const run = startedRun(await engine.grant(person, integration));
    await engine.runJobs();
    const ended = await engine.run(run.id);
    const { transact, actor } = engine;
    expect(await transact((tx) => retryNow(tx, ended, actor))).toEqual(ended);
    expect(await transact((tx) => cancelRetry(tx, ended, actor))).toEqual(ended);
  });

  test('is retried or cancelled once, whichever click was faster', async () => {
    const run = await failed();
    const other = unitOfWork(engine.connect(), engine.vault, { now: engine.now });
    const outcomes = await Promise.allSettled([
      engine.transact((tx) => retryNow(tx, run, engine.actor)),
      other((tx) => cancelRetry(tx, run, engine.actor)),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const stores = createStores(engine.connect(), engine.vault);
    expect((await stores.runs.find(run.id))?.version).toBe(run.version + 1);
  });
});
