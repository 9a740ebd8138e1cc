/** What programs change: once each, by the same rules as chat, on either database. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import {
  defaultPolicy,
  type IntegrationSettings,
  settingsOf,
} from '../../../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { revokeToken } from '../../../src/engine/tokens/end-tokens.ts';
import { idIn } from '../../../src/engine/tokens/token-text.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { present } from '../../support/given/outcomes.ts';
import { hasAccess } from '../../support/has-access.ts';

const system = { kind: 'system' } as const;
const HOUR_MS = 60 * 60_000;

const manifest = {
  form: [
    { id: 'TEAM', name: 'Team', type: 'choice', items: [{ id: 't1', name: 'Design' }] },
    { id: 'NOTE', name: 'Note', type: 'input', required: false },
  ],
  extra_user_info: [{ id: 'github', name: 'GitHub name' }],
  execute: [{ url: 'https://api.example.com/u/{{TEAM}}' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

describe.each(bothDatabases)('on %s', (on, open) => {
  let api: TestApi;
  let ada: Person;
  let mia: Person;
  let ann: Person;
  let zoe: Person;
  let app: Integration;

  const settle = async (settings: IntegrationSettings) => {
    const { stores, transact } = api.chat.services;
    const now = await stores.integrations.find(app.id);
    if (now) app = await transact((tx) => tx.integrations.save({ ...now, settings }));
  };
  const post: TestApi['post'] = (...written) => api.post(...written);
  const wish = (more: object = {}) => ({
    integrationId: app.id,
    reason: 'For work',
    answers: { TEAM: 't1' },
    facts: { github: 'ann-lee' },
    ...more,
  });
  const requested = async (): Promise<string> => {
    const made = await post('/requests', wish(), { by: ann });
    expect([made.status, made.text]).toEqual([201, expect.stringContaining('"open"')]);
    return made.body.id;
  };
  const rulesOf = async (id: string): Promise<unknown> =>
    (await api.get(`/requests/${id}`, await api.token(ada))).body.rules;
  const audited = async (): Promise<readonly string[]> =>
    (await api.chat.services.stores.auditLog.list({ offset: 0, limit: 100 })).map(
      ({ what }) => what,
    );

  beforeEach(async () => {
    api = await testApi(open);
    const { chat } = api;
    ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    mia = await chat.person({ email: 'mia@example.com' });
    ann = await chat.person({ email: 'ann@example.com', managerEmail: mia.email });
    zoe = await chat.person({ email: 'zoe@example.com' });
    const id = await chat.integration('Fernboard', manifest);
    app = present(await chat.services.stores.integrations.find(id));
  });
  afterEach(() => api.close());

  test('someone requests, their manager approves, and a run grants it', async () => {
    const id = await requested();
    const seen = await api.get(`/requests/${id}`, await api.token(mia));
    expect(seen.body).toMatchObject({
      state: 'open',
      reason: 'For work',
      answers: [
        { label: 'Team', value: 'Design' },
        { label: 'GitHub name', value: 'ann-lee' },
      ],
      waitingFor: [mia.id],
      needsCode: false,
    });
    const path = `/requests/${id}/approve`;
    const approved = await post(path, { rules: seen.body.rules, comment: 'Fine' }, { by: mia });
    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({ state: 'approved', runId: expect.any(String) as string });
    const [entry] = await api.chat.services.stores.auditLog.list(
      { offset: 0, limit: 1 },
      { what: 'request.approved' },
    );
    expect(entry?.actor).toMatchObject({ personId: mia.id, tokenId: expect.any(String) as string });
  });

  test('the same sent again gets the first answer, and another body with its key none', async () => {
    const token = await api.token(ann);
    const first = await post('/requests', wish(), { by: token, key: 'once' });
    const again = await post('/requests', wish(), { by: token, key: 'once' });
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await post('/requests', wish({ reason: 'Else' }), { by: token, key: 'once' });
    expect([other.status, other.body.type]).toEqual([422, 'urn:latchkey:problem:key-reused']);
    const elsewhere = await post(`/requests/${first.body.id}/withdraw`, wish(), {
      by: token,
      key: 'once',
    });
    expect(elsewhere.status).toBe(422);
    const theirs = await post('/requests', wish(), { by: ann, key: 'once' });
    expect([theirs.status, theirs.body.type]).toEqual([409, 'urn:latchkey:problem:conflict']);
  });

  test('the same sent again gets the first answer, also after the key that encrypts has changed', async () => {
    const token = await api.token(ann);
    const first = await post('/requests', wish(), { by: token, key: 'once' });
    api.changeKey();
    const again = await post('/requests', wish(), { by: token, key: 'once' });
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await post('/requests', wish({ reason: 'Else' }), { by: token, key: 'once' });
    expect(other.body.type).toBe('urn:latchkey:problem:key-reused');
  });

  test('after a day a key is free again', async () => {
    const token = await api.token(ann);
    const first = await post('/requests', wish(), { by: token, key: 'once' });
    await post(`/requests/${first.body.id}/withdraw`, {}, { by: token });
    api.chat.clock += 24 * HOUR_MS;
    const same = await post('/requests', wish(), { by: token, key: 'once' });
    expect(same.body).toEqual(first.body);
    api.chat.clock += 1;
    const later = await post('/requests', wish(), { by: token, key: 'once' });
    expect(later.status).toBe(201);
    expect(later.body.id).not.toBe(first.body.id);
  });

  test('what was refused may be sent again with its key', async () => {
    const token = await api.token(ann);
    const wrong = await post('/requests', wish({ answers: {} }), { by: token, key: 'once' });
    expect(wrong.status).toBe(422);
    await settle({ ...settingsOf(app) });
    const right = await post('/requests', wish(), { by: token, key: 'once' });
    expect(right.status).toBe(201);
  });

  test('of two at once one does it, and the other one says so or has its answer', async () => {
    const token = await api.token(ann);
    const both = await Promise.all(
      [1, 2].map(() => post('/requests', wish(), { by: token, key: 'once' })),
    );
    const kinds = both.map(({ status, body }) => (status === 201 ? body.id : body.type));
    const { total, requests } = await api.chat.services.stores.requests.list(
      {},
      { offset: 0, limit: 5 },
    );
    expect(total).toBe(1);
    for (const kind of kinds)
      expect([requests[0]?.id, 'urn:latchkey:problem:in-flight']).toContain(kind);
    expect(kinds).toContain(requests[0]?.id);
  });

  test('a token that is revoked while its request is on the way does nothing more', async () => {
    const { stores, transact } = api.chat.services;
    const token = await api.token(ann);
    const id = idIn(token) ?? '';
    vi.spyOn(stores.integrations, 'findVersion').mockImplementationOnce(async (version = '') => {
      await transact((tx) => revokeToken(tx, id, { actor: system }));
      return (await stores.integrations.findVersions([version]))[0];
    });
    const answer = await post('/requests', wish(), { by: token });
    expect([answer.status, answer.body.type]).toEqual([
      401,
      'urn:latchkey:problem:unauthenticated',
    ]);
    expect(await stores.requests.listAfter(undefined, 5, {})).toEqual([]);
  });

  // What follows is decided by the same code on both databases: the quicker one shows it.
  if (on === 'PostgreSQL') return;

  test('a manager requests for their report, and a stranger for nobody', async () => {
    const made = await post('/requests', wish({ personId: ann.id }), { by: mia });
    expect(made.body).toMatchObject({ personId: ann.id, requestedById: mia.id });
    expect((await post('/requests', wish({ personId: ann.id }), { by: zoe })).status).toBe(404);
    const before = await audited();
    const auditor = await api.chat.person({ email: 'aud@example.com', role: 'auditor' });
    const refused = await post('/requests', wish({ personId: zoe.id }), { by: auditor });
    expect([refused.status, refused.body.type]).toEqual([403, 'urn:latchkey:problem:not-allowed']);
    expect((await audited()).filter((what) => what === 'refused')).toHaveLength(
      before.filter((what) => what === 'refused').length + 1,
    );
  });

  test.each([
    [{ answers: { TEAM: 't2' } }, '/answers/TEAM'],
    [{ answers: {} }, '/answers/TEAM'],
    [{ answers: { TEAM: ['t1'] } }, '/answers/TEAM'],
    [{ answers: { TEAM: 't1', OTHER: 'x' } }, '/answers/OTHER'],
    [{ answers: { TEAM: 't1', 'a/b~c': 'x' } }, '/answers/a~1b~0c'],
    [{ facts: {} }, '/facts/github'],
    [{ facts: { github: 'a', other: 'b' } }, '/facts/other'],
    [{ hours: 0.5 }, '/hours'],
    [{ hours: 1e9 }, '/hours'],
    [{ reason: ' ' }, '/reason'],
    [{ reason: 'x'.repeat(2001) }, '/reason'],
    [{ color: 'red' }, '/color'],
    [{ answers: { TEAM: 'x'.repeat(3001) } }, '/answers/TEAM'],
  ])('%j is refused at its place', async (change, pointer) => {
    const answer = await post('/requests', wish(change), { by: ann });
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer]);
    const { total } = await api.chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
    expect(total).toBe(0);
  });

  test.each([
    [{ reason: undefined }, 'It is missing: expected string.'],
    [{ reason: '' }, 'It is empty.'],
  ])('of %j the answer says what is wrong', async (change, detail) => {
    const { body } = await post('/requests', wish(change), { by: ann });
    expect(body.errors).toEqual([{ detail, pointer: '/reason' }]);
  });

  test('without a key, without JSON, too large, or damaged, nothing is done', async () => {
    const token = await api.token(ann);
    const send = (headers: Record<string, string>, body: string) =>
      api.send('/requests', {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...headers },
        body,
      });
    const json = { 'content-type': 'application/json', 'idempotency-key': 'k' };
    const good = JSON.stringify(wish());
    const answers = [
      await send({ 'content-type': 'application/json' }, good),
      await send({ ...json, 'idempotency-key': 'k'.repeat(201) }, good),
      await send({ ...json, 'content-type': 'text/plain' }, good),
      await send({ ...json, 'content-encoding': 'gzip' }, good),
      await send(json, JSON.stringify(wish({ reason: 'x'.repeat(65 * 1024) }))),
      await send(json, '{"a":'),
      await send(json, '['.repeat(30_000)),
      await send(json, 'null'),
      await send(json, ''),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      400, 400, 415, 415, 413, 400, 400, 422, 422,
    ]);
    const { total } = await api.chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
    expect(total).toBe(0);
    expect(api.errors).toEqual([]);
  });

  test('only who made it or whom it is for withdraws, and once', async () => {
    const id = await requested();
    expect((await post(`/requests/${id}/withdraw`, {}, { by: zoe })).status).toBe(404);
    expect((await post(`/requests/${id}/withdraw`, {}, { by: ada })).status).toBe(403);
    const done = await post(`/requests/${id}/withdraw`, {}, { by: ann });
    expect(done.body).toMatchObject({ id, state: 'withdrawn' });
    expect((await post(`/requests/${id}/withdraw`, {}, { by: ann })).status).toBe(409);
  });

  test('what someone else deletes at the same moment is a conflict, and no failure of ours unless it never ends', async () => {
    const id = await requested();
    const { db } = api.chat.database;
    // As if it were changed after each look.
    const [make, remove] =
      on === 'SQLite'
        ? ['trigger overtaken before update on access_requests begin select raise(ignore); end', '']
        : [
            'rule overtaken as on update to access_requests do instead nothing',
            ' on access_requests',
          ];
    await db.raw(`create ${make}`);
    const answer = await post(`/requests/${id}/withdraw`, {}, { by: ann });
    expect(api.errors).toEqual([]);
    for (let time = 0; time < 3; time += 1) await post(`/requests/${id}/withdraw`, {}, { by: ann });
    await db.raw(`drop ${make.split(' ', 2).join(' ')}${remove}`);
    expect([answer.status, answer.body.type]).toEqual([409, 'urn:latchkey:problem:conflict']);
    expect(answer.body.detail).toContain('Read it again');
    expect(api.errors).toHaveLength(1); // Nobody is faster four times.
  });

  test('nobody approves their own, and nobody approves who is no approver', async () => {
    const id = await requested();
    const rules = await rulesOf(id);
    for (const by of [ann, ada]) {
      const answer = await post(`/requests/${id}/approve`, { rules }, { by });
      expect([answer.status, answer.body.type]).toEqual([403, 'urn:latchkey:problem:not-allowed']);
    }
    const denied = await post(`/requests/${id}/deny`, { rules, reason: 'No' }, { by: mia });
    expect(denied.body).toMatchObject({ state: 'denied' });
    const late = await post(`/requests/${id}/approve`, { rules }, { by: mia });
    expect([late.status, late.body.type]).toEqual([409, 'urn:latchkey:problem:conflict']);
  });

  test('nobody decides by rules that have changed', async () => {
    const id = await requested();
    const answer = await post(`/requests/${id}/approve`, { rules: 'of yesterday' }, { by: mia });
    expect(answer.status).toBe(409);
    expect((await api.get(`/requests/${id}`, await api.token(ann))).body).toMatchObject({
      state: 'open',
    });
  });

  test('where a code is needed, programs neither approve nor grant', async () => {
    const id = await requested();
    await settle({ asksForCodes: true });
    const rules = await rulesOf(id);
    const approved = await post(`/requests/${id}/approve`, { rules }, { by: mia });
    expect([approved.status, approved.body.type]).toEqual([
      403,
      'urn:latchkey:problem:code-needed',
    ]);
    const granted = await post(
      '/access/grant',
      { ...wish({ personId: ann.id }), reason: undefined },
      { by: ada },
    );
    expect([granted.status, granted.body.type]).toEqual([403, 'urn:latchkey:problem:code-needed']);
  });

  test('managers grant to their reports, and begin a removal', async () => {
    const target = { personId: ann.id, integrationId: app.id };
    const { transact } = api.chat.services;
    await transact((tx) => tx.people.save({ ...ann, stored: { github: 'ann-lee' } }));
    const answers = { answers: { TEAM: 't1' }, hours: 4 };
    const granted = await post('/access/grant', { ...target, ...answers }, { by: mia });
    expect([granted.status, granted.body]).toEqual([
      202,
      { kind: 'started', runId: expect.any(String) as string },
    ]);
    const revoked = await post('/access/revoke', target, { by: mia });
    expect([revoked.status, revoked.body]).toEqual([
      202,
      { kind: 'begun', removalId: expect.any(String) as string },
    ]);
    expect((await post('/access/revoke', target, { by: mia })).body).toMatchObject({
      kind: 'joined',
    });
  });

  test('everyone gives back their own access, and only what they have', async () => {
    await hasAccess(api.chat, ann, { integrationId: app.id });
    const target = { integrationId: app.id };
    const given = await post('/access/give-back', target, { by: ann });
    expect([given.status, given.body]).toEqual([
      202,
      { kind: 'begun', removalId: expect.any(String) as string },
    ]);
    expect(await audited()).toContain('access.given-back');
    for (const [by, integrationId] of [
      [ann, app.id], // It is being removed.
      [zoe, app.id],
      [zoe, 'x'],
    ] as const) {
      const answer = await post('/access/give-back', { integrationId }, { by });
      expect([answer.status, answer.body.detail]).toEqual([
        409,
        'There is nothing to give back, or it is being removed already.',
      ]);
    }
  });

  test('what is being granted is given back when that has ended', async () => {
    const started = await api.chat.services.transact(async (tx) => {
      await tx.people.save({ ...ann, stored: { github: 'ann-lee' } });
      const form = { TEAM: 't1' };
      return startGrant(tx, { person: ann, integration: app, actor: system, form });
    });
    expect(started.kind).toBe('started');
    const answer = await post('/access/give-back', { integrationId: app.id }, { by: ann });
    expect([answer.status, answer.body.detail]).toEqual([
      409,
      'It is being granted. Give it back when that has ended.',
    ]);
  });

  test('others change nobody’s access', async () => {
    await hasAccess(api.chat, ann, { integrationId: app.id });
    const target = { personId: ann.id, integrationId: app.id };
    expect((await post('/access/revoke', target, { by: zoe })).status).toBe(404);
    expect((await post('/access/revoke', target, { by: ann })).status).toBe(403);
    const helpdesk = await api.chat.person({ email: 'hal@example.com', role: 'helpdesk' });
    expect((await post('/access/grant', target, { by: helpdesk })).status).toBe(403);
    const { total } = await api.chat.services.stores.removals.list({}, { offset: 0, limit: 1 });
    expect(total).toBe(0);
  });

  test('the policy’s longest time and its managers hold for programs, too', async () => {
    const target = { personId: ann.id, integrationId: app.id, answers: { TEAM: 't1' } };
    const facts = { github: 'ann-lee' };
    await settle({ policy: { ...defaultPolicy, longestHours: 8, managersGrant: false } });
    expect((await post('/access/grant', { ...target, facts }, { by: mia })).status).toBe(403);
    const long = await post('/access/grant', { ...target, facts, hours: 9 }, { by: ada });
    expect([long.status, long.body.errors[0]?.pointer]).toEqual([422, '/hours']);
    expect((await post('/requests', wish({ hours: 9 }), { by: ann })).status).toBe(409);
    expect((await post('/requests', wish({ hours: 8 }), { by: ann })).status).toBe(201);
  });

  test('what the only admin requests for themselves, and no one could approve, leaves nothing', async () => {
    await settle({ policy: { ...defaultPolicy, approvers: { kind: 'admins' } } });
    const { stores } = api.chat.services;
    const by = await api.token(ada);
    const before = await audited();
    for (const reason of ['Once', 'Twice']) {
      const refused = await post('/requests', wish({ reason }), { by });
      expect([refused.status, refused.body.detail]).toEqual([
        409,
        expect.stringContaining("you're the only admin"),
      ]);
    }
    expect(await audited()).toEqual(before);
    expect(await stores.requests.list({}, { offset: 0, limit: 9 })).toMatchObject({ requests: [] });
  });

  test('an app that is turned off, and a person who has left, get nothing', async () => {
    const { transact } = api.chat.services;
    const target = { personId: ann.id, integrationId: app.id };
    await transact(async (tx) => {
      const now = await tx.people.find(ann.id);
      if (now) await tx.people.save({ ...now, active: false });
    });
    expect((await post('/access/grant', target, { by: ada })).status).toBe(409);
    await transact((tx) => tx.integrations.save({ ...app, enabled: false }));
    expect((await post('/requests', wish(), { by: zoe })).status).toBe(404);
    expect((await post('/requests', wish(), { by: ada })).status).toBe(409);
  });

  test.each([
    ['zoe', 404],
    ['hal', 403],
  ] as const)(
    'what %s tries and may not is in the audit log, by the token: %i',
    async (who, status) => {
      const id = await requested();
      const rules = await rulesOf(id);
      const hal = await api.chat.person({ email: 'hal@example.com', role: 'helpdesk' });
      const by = who === 'zoe' ? zoe : hal;
      const target = { personId: ann.id, integrationId: app.id };
      const answers = [
        await post('/access/grant', target, { by }),
        await post('/access/revoke', { ...target, exception: { reason: 'x' } }, { by }),
        await post(`/requests/${id}/approve`, { rules }, { by }),
        await post(`/requests/${id}/deny`, { rules, reason: 'No' }, { by }),
        await post(`/requests/${id}/withdraw`, {}, { by }),
      ];
      expect(answers.map((each) => each.status)).toEqual(answers.map(() => status));
      const { auditLog } = api.chat.services.stores;
      const refused = await auditLog.list({ offset: 0, limit: 100 }, { what: 'refused' });
      expect(refused.map(({ detail }) => detail?.['wanted']).toReversed()).toEqual([
        'grant this',
        'revoke this',
        'approve a request that others approve',
        'deny a request that others approve',
        'withdraw this request',
      ]);
      for (const { actor, ...about } of refused) {
        expect(about).toMatchObject(target);
        expect(actor).toMatchObject({ personId: by.id, tokenId: expect.any(String) as string });
      }
    },
  );

  test('who requests for someone whom they may not even see is in the audit log', async () => {
    expect((await post('/requests', wish({ personId: ann.id }), { by: zoe })).status).toBe(404);
    expect(await audited()).toContain('refused');
  });

  test('what came too late, and by old rules, is in the audit log as it is from chat', async () => {
    const id = await requested();
    await post(`/requests/${id}/approve`, { rules: 'of yesterday' }, { by: mia });
    await post(`/requests/${id}/deny`, { rules: await rulesOf(id), reason: 'No' }, { by: mia });
    await post(`/requests/${id}/approve`, { rules: 'of yesterday' }, { by: mia });
    const { auditLog } = api.chat.services.stores;
    const refused = await auditLog.list({ offset: 0, limit: 100 }, { what: 'refused' });
    expect(refused.map(({ detail }) => detail?.['wanted'])).toEqual([
      'approve a request that was already closed',
      'approve a request under outdated rules',
    ]);
  });

  test('the audit log says what was tried in the language of the workspace', async () => {
    const { stores, transact } = api.chat.services;
    await transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
    const target = { personId: ann.id, integrationId: app.id };
    await post('/access/grant', target, { by: zoe });
    await post('/access/revoke', target, { by: zoe });
    const refused = await stores.auditLog.list({ offset: 0, limit: 5 }, { what: 'refused' });
    expect(refused.map(({ detail }) => detail?.['wanted'])).toEqual([
      'das zu entziehen',
      'das zu erteilen',
    ]);
  });

  test('who approves twice, or denies what they approved, is told so and noted in these words', async () => {
    await settle({
      policy: {
        ...defaultPolicy,
        approvers: { kind: 'people', personIds: [mia.id, zoe.id] },
        approvals: 2,
      },
    });
    const id = await requested();
    const rules = await rulesOf(id);
    expect((await post(`/requests/${id}/approve`, { rules }, { by: mia })).status).toBe(200);
    const again = await post(`/requests/${id}/approve`, { rules }, { by: mia });
    const denied = await post(`/requests/${id}/deny`, { rules, reason: 'No' }, { by: mia });
    for (const answer of [again, denied])
      expect([answer.status, answer.body.detail]).toEqual([409, 'You have responded already.']);
    const { auditLog } = api.chat.services.stores;
    const refused = await auditLog.list({ offset: 0, limit: 5 }, { what: 'refused' });
    expect(refused.map(({ detail }) => detail?.['wanted'])).toEqual([
      'deny a request that they have answered before',
      'approve a request that they have answered before',
    ]);
  });

  test('a manager who is none any more while the form is read grants nothing', async () => {
    const { stores, transact } = api.chat.services;
    const token = await api.token(mia);
    vi.spyOn(stores.integrations, 'findVersion').mockImplementationOnce(async (id = '') => {
      await transact(async (tx) => {
        const now = await tx.people.find(ann.id);
        if (now) await tx.people.save({ ...now, managerId: zoe.id });
      });
      return (await stores.integrations.findVersions([id]))[0];
    });
    const { reason: _, ...target } = wish({ personId: ann.id });
    expect((await post('/access/grant', target, { by: token })).status).toBe(404);
    expect(await stores.runs.unfinished(ann.id, app.id)).toBeUndefined();
  });

  test('the last day of an exception is a day where the owner of the token is', async () => {
    await hasAccess(api.chat, ann, { integrationId: app.id });
    const { transact } = api.chat.services;
    await transact(async (tx) => {
      const now = await tx.people.find(mia.id);
      if (now) await tx.people.save({ ...now, timeZone: 'Pacific/Kiritimati' });
    });
    api.chat.clock = Date.UTC(2026, 10, 24, 12);
    const revoke = (until: string) =>
      post(
        '/access/revoke',
        { personId: ann.id, integrationId: app.id, exception: { reason: 'x', until } },
        { by: mia },
      );
    // There it is the 25th already.
    expect((await revoke('2026-11-25')).status).toBe(422);
    expect((await revoke('2026-11-26')).status).toBe(202);
  });

  test('a body that is not UTF-8 is refused, since it would be stored as something else', async () => {
    const token = await api.token(ann);
    const body = Buffer.from(JSON.stringify(wish({ reason: 'Für Fernboard' })), 'latin1');
    const answer = await api.send('/requests', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
      body,
    });
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:latchkey:problem:unreadable']);
  });

  test('a token needs the scope of what it does', async () => {
    const token = await api.token(ann, ['read']);
    expect((await post('/requests', wish(), { by: token })).status).toBe(403);
  });
});
