/** Retrying a run over the API: by whom, and what of it another try keeps. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGrant, startRevoke } from '../../../src/engine/access/grant.ts';
import { saveManifest } from '../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { fail, failForGood, lease, type Run, succeed } from '../../../src/engine/runs/run.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';

const system = { kind: 'system' } as const;
const error = { code: 'http-status', message: 'It answered with status 500.', step: 0 } as const;
const manifest = {
  form: [
    { id: 'TEAM', name: 'Team', type: 'choice', items: [{ id: 't1', name: 'Design' }] },
    { id: 'OLD', name: 'Old', type: 'input' },
  ],
  execute: [{ url: 'https://api.example.com/u/{{TEAM}}' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};
const withoutOld = { ...manifest, form: manifest.form.slice(0, 1) };

describe.each(bothDatabases)('on %s', (_name, open) => {
  let api: TestApi;
  let people: Readonly<Record<'ada' | 'mia' | 'ann' | 'zoe' | 'hal', Person>>;
  let app: Integration;
  let runId: string;

  const stores = () => api.chat.services.stores;
  /** What a worker makes of it. */
  const settle = (change: (run: Extract<Run, { state: 'running' }>) => Run) =>
    api.chat.services.transact(async (tx) => {
      const run = await tx.runs.find(runId);
      if (run?.state !== 'queued') throw new Error('It is not queued');
      const held = await tx.runs.save(
        lease(run, { workerId: 'w1', newestManifestVersionId: run.manifestVersionId }, tx.now),
      );
      if (held.state !== 'running') throw new Error('It is not held');
      return tx.runs.save(change(held));
    });
  const now = () => api.chat.services.now();
  const retry = (by: Person, body: object = {}) => api.post(`/runs/${runId}/retry`, body, { by });

  beforeEach(async () => {
    api = await testApi(open);
    const { chat } = api;
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const mia = await chat.person({ email: 'mia@example.com' });
    const ann = await chat.person({ email: 'ann@example.com', managerEmail: mia.email });
    const zoe = await chat.person({ email: 'zoe@example.com' });
    const hal = await chat.person({ email: 'hal@example.com', role: 'helpdesk' });
    people = { ada, mia, ann, zoe, hal };
    const id = await chat.integration('Fernboard', manifest);
    app = present(await stores().integrations.find(id));
    const form = { TEAM: 't1', OLD: 'x' };
    const grant = { person: ann, integration: app, actor: system, form, hours: 48 };
    const started = ofKind('started', await chat.services.transact((tx) => startGrant(tx, grant)));
    runId = started.run.id;
  });
  afterEach(() => api.close());

  test('one that waits for its next try goes on at once, for managers, admins and the helpdesk', async () => {
    const failed = await settle((run) => fail(run, error, now()));
    expect(failed.state).toBe('retrying');
    for (const by of [people.mia, people.ada, people.hal]) {
      const answer = await retry(by);
      expect([answer.status, answer.body]).toEqual([202, { kind: 'retried', runId }]);
    }
    expect(await stores().runs.find(runId)).toMatchObject({ state: 'retrying', dueAt: now() });
  });

  test('nobody else retries it, and the audit log says who tried', async () => {
    await settle((run) => fail(run, error, now()));
    expect((await retry(people.zoe)).status).toBe(404);
    const own = await retry(people.ann);
    expect([own.status, own.body.type]).toEqual([403, 'urn:latchkey:problem:not-allowed']);
    const refused = await stores().auditLog.list({ offset: 0, limit: 9 }, { what: 'refused' });
    expect(refused).toHaveLength(2);
    const narrow = await api.post(
      `/runs/${runId}/retry`,
      {},
      { by: await api.token(people.mia, ['read']) },
    );
    expect(narrow.body.type).toBe('urn:latchkey:problem:scope-missing');
  });

  test('who sees the run and may not retry it reads that, whether it waits or has ended', async () => {
    const owns = await api.chat.services.transact(async (tx) => {
      const current = await tx.integrations.find(app.id);
      return (
        current && tx.integrations.save({ ...current, settings: { ownerIds: [people.zoe.id] } })
      );
    });
    expect(owns).toBeDefined();
    await settle((run) => fail(run, error, now()));
    expect((await api.get(`/runs/${runId}`, await api.token(people.zoe))).status).toBe(200);
    expect((await retry(people.zoe)).status).toBe(403);
  });

  test('a grant that ended without success begins anew, with its answers and its time', async () => {
    await settle((run) => failForGood(run, error, now()));
    const answer = await retry(people.mia);
    expect([answer.status, answer.body]).toEqual([
      202,
      { kind: 'started', runId: expect.not.stringMatching(runId) as string },
    ]);
    const { runId: newId } = answer.body as unknown as { readonly runId: string };
    expect(await stores().runs.find(newId)).toMatchObject({ state: 'queued', kind: 'execute' });
    expect(await stores().runs.inputs(newId)).toMatchObject({
      form: { TEAM: 't1', OLD: 'x' },
      hours: 48,
    });
    // The helpdesk retries, and grants nothing.
    expect((await retry(people.hal)).status).toBe(403);
  });

  test('sent twice with one key, it begins one', async () => {
    await settle((run) => failForGood(run, error, now()));
    const by = await api.token(people.mia);
    const send = () => api.post(`/runs/${runId}/retry`, {}, { by, key: 'once' });
    const [first, second] = [await send(), await send()];
    expect(second.body).toEqual(first.body);
    const runs = await stores().runs.listAfter(undefined, 9, {});
    expect(runs).toHaveLength(2);
  });

  test('what the form no longer asks is left out, and what it asks anew is named', async () => {
    await settle((run) => failForGood(run, error, now()));
    const save = (text: object) =>
      api.chat.services.transact(async (tx) => {
        const seen = await tx.integrations.find(app.id);
        if (seen) await saveManifest(tx, seen, { text: JSON.stringify(text), actor: system });
      });
    await save({
      ...manifest,
      form: [...manifest.form, { id: 'NEW', name: 'New', type: 'input' }],
    });
    const lacks = await retry(people.mia);
    expect([lacks.status, lacks.body.errors]).toEqual([
      409,
      [{ detail: 'It is needed: New', pointer: '/answers/NEW' }],
    ]);
    await save(withoutOld);
    const begun = (await retry(people.mia)).body as unknown as { readonly runId: string };
    expect((await stores().runs.inputs(begun.runId)).form).toEqual({ TEAM: 't1' });
  });

  test('one that waits says what is missing where the app is not set up any more, and waits on', async () => {
    const failed = await settle((run) => fail(run, error, now()));
    const text = JSON.stringify({
      ...manifest,
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
    });
    await api.chat.services.transact((tx) => saveManifest(tx, app, { text, actor: system }));
    const answer = await retry(people.ada);
    expect([answer.status, answer.body.detail]).toEqual([
      409,
      "The app isn't set up yet: an admin has to enter its secrets.",
    ]);
    expect(await stores().runs.find(runId)).toEqual(failed);
  });

  test('what needs a code is begun anew in chat', async () => {
    await settle((run) => failForGood(run, error, now()));
    await api.chat.services.transact(async (tx) => {
      const current = await tx.integrations.find(app.id);
      if (current) await tx.integrations.save({ ...current, settings: { asksForCodes: true } });
    });
    expect((await retry(people.ada)).body.type).toBe('urn:latchkey:problem:code-needed');
  });

  test('one that succeeded, a revoke that ended, and one that there is not are refused', async () => {
    await settle((run) => succeed(run, now()));
    const done = await retry(people.ada);
    expect([done.status, done.body.detail]).toEqual([
      409,
      'Only a run that failed is retried. This one: succeeded.',
    ]);
    const wish = { person: people.ann, integration: app, actor: system };
    const started = await api.chat.services.transact((tx) => startRevoke(tx, wish));
    if (started.kind !== 'started') throw new Error(started.kind);
    runId = started.run.id;
    await settle((run) => failForGood(run, error, now()));
    expect((await retry(people.ada)).body.detail).toBe(
      'This revoke has ended. Revoke the access again, with POST /access/revoke.',
    );
    runId = 'nothing';
    expect((await retry(people.ada)).status).toBe(404);
  });
});
