import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { itemsNow } from '../../../src/engine/bundles/progress.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { Run } from '../../../src/engine/runs/run.ts';
import { fireDue } from '../../../src/engine/work/due.ts';
import { isUnusual, purge, purging } from '../../../src/engine/work/purge.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { keepAnswers } from '../../../src/store/runs/run-answers.ts';
import type { Vault } from '../../../src/store/vault/vault.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { insertWithManifest } from '../../contracts/an-integration.ts';
import { temporaryDatabase } from '../../support/database/database.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const DAY = 24 * 60 * 60 * 1000;
const now = new Date('2026-11-25T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);
const RETENTION_DAYS = 90;
const EVIDENCE_DAYS = 90;

interface Opened {
  readonly db: Knex;
  readonly stores: Stores;
  readonly vault: Vault;
  readonly transact: UnitOfWork;
  cleanup(): Promise<void>;
}

describe.each<[string, () => Promise<Opened>]>([
  ['SQLite', () => temporaryDatabase(() => now)],
  ['PostgreSQL', () => temporaryPostgres(() => now)],
])('on %s', (kind, open) => {
  let opened: Opened;
  let stores: Stores;
  let personId: string;
  /** How many transactions a purge took. */
  let pauses: number;

  beforeEach(async () => {
    opened = await open();
    ({ stores } = opened);
    pauses = 0;
    personId = (await insertPerson(stores)).id;
  });
  afterEach(() => opened.cleanup());

  const purgeAt = (at: Date, { evidenceDays = EVIDENCE_DAYS, auditDays = EVIDENCE_DAYS } = {}) =>
    purge({
      stores,
      retention: createRetention(opened.db, undefined, {
        vault: opened.vault,
        now: () => at,
        keepAnswers: (tx, runIds) => keepAnswers(tx, opened.vault, runIds),
      }),
      retentionDays: RETENTION_DAYS,
      evidenceDays,
      auditDays,
      now: () => at,
      pause: async () => void (pauses += 1),
    });
  const purgeNow = async (evidenceDays?: number, auditDays?: number) =>
    (await purgeAt(now, { evidenceDays, auditDays })).deleted;

  async function aRun(
    createdAt: Date,
    finishedAt?: Date,
    state: 'succeeded' | 'cancelled' = 'succeeded',
  ): Promise<Run> {
    const app = await insertWithManifest(stores, { createdAt });
    const { id: integrationId, manifestVersionId } = app;
    const facts = {
      id: newId(),
      version: 1,
      kind: 'execute',
      integrationId,
      personId,
      manifestVersionId,
      startedBy: { kind: 'system' },
      createdAt,
      attempt: 1,
    } as const;
    const run: Run = finishedAt
      ? state === 'succeeded'
        ? { ...facts, state, finishedAt }
        : { ...facts, state, finishedAt, cancelledBy: { kind: 'system' } }
      : { ...facts, state: 'queued', dueAt: createdAt };
    await stores.runs.insert(run, { form: {}, generated: {} });
    return run;
  }

  async function withSteps({ id }: Run, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      await stores.runs.putSteps([
        {
          runId: id,
          attempt: 1,
          index,
          method: 'POST',
          url: 'https://api.example.com/users',
          state: 'sending',
          tries: 1,
          startedAt: now,
          warnings: [],
        },
      ]);
      await stores.runs.putResponse({ runId: id, attempt: 1, index }, { index });
    }
  }

  const aDelivery = (runId: string, position: number, isSent: boolean) =>
    stores.deliveries.insert({
      id: newId(),
      version: 1,
      runId,
      position,
      createdAt: daysAgo(100),
      attempts: 1,
      body: 'dropped',
      ...(isSent
        ? ({ state: 'sent', finishedAt: daysAgo(100), via: 'email' } as const)
        : ({ state: 'waiting', dueAt: now } as const)),
    });

  test('an account that is gone stays until it has been asked about after 90 days, which may be a week late', async () => {
    const { id: integrationId } = await insertWithManifest(stores, { createdAt: daysAgo(200) });
    const gone = async (days: number): Promise<string> => {
      const id = newId();
      const about = { personId, integrationId, facts: {}, form: {} };
      await stores.accounts.insert({ id, version: 1, ...about, goneAt: daysAgo(days) });
      return id;
    };
    await gone(99);
    const young = await gone(97);
    await purgeNow();
    expect((await stores.accounts.goneAt(personId, integrationId)).map(({ id }) => id)).toEqual([
      young,
    ]);
  });

  test('a run that ended too long ago goes with its steps, responses, files and deliveries', async () => {
    const old = await aRun(daysAgo(100), daysAgo(91));
    await withSteps(old, 3);
    await aDelivery(old.id, 0, true);
    const bytes = new Uint8Array([1]);
    await stores.files.putPart({ runId: old.id, name: 'f', index: 0, last: true, bytes });
    const young = await aRun(daysAgo(100), daysAgo(89));
    await withSteps(young, 1);

    expect(await purgeNow()).toEqual({ runs: 9 });
    expect(await stores.runs.find(old.id)).toBeUndefined();
    expect(await stores.runs.find(young.id)).toEqual(young);
    expect(await stores.runs.steps(young.id, 1)).toHaveLength(1);
    for (const table of ['run_files', 'deliveries']) expect(await opened.db(table)).toEqual([]);
  });

  test('a run that has not ended stays, however old it is, and so does one with a message to send', async () => {
    const unfinished = await aRun(daysAgo(400));
    const unsent = await aRun(daysAgo(400), daysAgo(399));
    await aDelivery(unsent.id, 0, false);
    expect(await purgeNow()).toEqual({});
    expect(await stores.runs.find(unfinished.id)).toEqual(unfinished);
    expect(await stores.runs.find(unsent.id)).toEqual(unsent);
  });

  test('much is deleted in transactions of a few rows, with a pause after each', async () => {
    const old = await aRun(daysAgo(100), daysAgo(91));
    const rows = Array.from({ length: 501 }, (_, index) => ({
      run_id: old.id,
      attempt: 1,
      step_index: index,
      response: 'sealed',
    }));
    await opened.db.batchInsert('run_responses', rows, 100);
    expect(await purgeNow()).toEqual({ runs: 502 });
    expect(pauses).toBe(4); // 250 responses, 250 more, the last one, the run.
  });

  test('messages, links, drafts and browser sessions end; what is still good stays', async () => {
    const address = { platform: 'slack', key: 'D1' } as const;
    const card = { view: 'run', payload: '{}', topic: 'run:1' };
    const about = { personId, purpose: 'secrets', subject: '1', createdAt: daysAgo(200) } as const;
    for (const [id, at] of [
      ['old', daysAgo(91)],
      ['young', daysAgo(0)],
    ] as const) {
      const message = { id, card, readerId: personId, address, shown: '', postedAt: at };
      await stores.messages.put(message);
      await stores.links.insert({
        ...about,
        id,
        version: 1,
        expiresAt: at,
        state: 'used',
        openings: 1,
      });
      const draft = { id, personId, kind: 'people', name: 'p.csv', text: '' } as const;
      await stores.drafts.put({ ...draft, createdAt: at });
      await stores.webSessions.insert({ ...about, id, browser: '', expiresAt: at });
    }
    expect(await purgeNow()).toEqual({ messages: 1, links: 1, drafts: 1, 'web-sessions': 1 });
    for (const store of ['messages', 'links', 'drafts', 'webSessions'] as const)
      expect(await stores[store].find('young')).toBeDefined();
  });

  test('an API token goes some time after it would have expired', async () => {
    const common = { version: 1, kind: 'personal', ownerId: personId, scopes: ['read'] } as const;
    for (const [id, expiresAt] of [
      ['old', daysAgo(91)],
      ['young', daysAgo(89)],
    ] as const)
      await stores.apiTokens.insert(
        { ...common, id, name: id, createdAt: daysAgo(200), expiresAt },
        'hash',
      );
    expect(await purgeNow()).toEqual({ 'api-tokens': 1 });
    expect(await stores.apiTokens.find('old')).toBeUndefined();
    expect(await stores.apiTokens.find('young')).toBeDefined();
  });

  test('who joined or was refused, and files that were imported, are forgotten', async () => {
    const join = { platform: 'slack', tenant: 'T1', email: 'a@x.io', name: 'A' } as const;
    const file = { version: 1, fileName: 'p.csv', startedBy: { kind: 'system' } } as const;
    for (const [id, at] of [
      ['old', daysAgo(91)],
      ['young', daysAgo(89)],
    ] as const) {
      await stores.joins.insert({ ...join, id, userId: id, joinedAt: at, state: 'open' });
      const user = { platform: 'slack', tenant: 'T1', userId: id, name: 'A' } as const;
      await stores.refusedUsers.put({ ...user, refusedAt: at });
      const progress = { state: 'discarded' } as const;
      await stores.fileImports.insert({ ...file, id, createdAt: at, progress });
    }
    expect(await purgeNow()).toEqual({ joins: 1, 'refused-users': 1, 'file-imports': 1 });
    expect(await stores.joins.find('young')).toBeDefined();
    expect(await stores.fileImports.find('young')).toBeDefined();
  });

  test('findings that are resolved are forgotten; what an admin decided, and what is open, stays', async () => {
    const { integrationId } = await aRun(daysAgo(200));
    const about = { version: 1, integrationId, kind: 'orphan', label: 'x', roundId: 'r' } as const;
    const seen = { foundAt: daysAgo(200), seenAt: daysAgo(91) };
    for (const state of ['open', 'ignored', 'service', 'resolved'] as const)
      await stores.findings.insert({ id: state, accountId: state, state, ...about, ...seen });
    expect(await purgeNow()).toEqual({ findings: 1 });
    expect(await stores.findings.find('resolved')).toBeUndefined();
    expect(await stores.findings.find('ignored')).toBeDefined();
  });

  test('holds that have ended and accounts that are gone are forgotten; what is open stays', async () => {
    const { integrationId } = await aRun(daysAgo(200));
    const whose = { version: 1, personId, integrationId } as const;
    const givenBy = { kind: 'system' } as const;
    const hold = { ...whose, source: 'by-hand', givenBy, startedAt: daysAgo(200) } as const;
    await stores.holds.insert({ ...hold, id: 'h-open' });
    await stores.holds.insert({
      ...hold,
      id: 'h-old',
      ended: { at: daysAgo(91), why: 'revoked' },
    });
    const account = { ...whose, facts: { email: 'a@x.io' }, form: {} };
    await stores.accounts.insert({ ...account, id: 'a-open' });
    await stores.accounts.insert({ ...account, id: 'a-old', goneAt: daysAgo(99) });
    expect(await purgeNow()).toEqual({ accounts: 1, holds: 1 });
    expect(await stores.holds.find('h-open')).toBeDefined();
    expect(await stores.accounts.find('a-open')).toBeDefined();
  });

  test('a request and a task go some time after their end; what is open stays, and its cards with it', async () => {
    const { integrationId } = await aRun(daysAgo(200));
    const asked = { reason: 'r', form: {}, answers: [], facts: {} };
    const request = { version: 1, integrationId, personId, requestedById: personId } as const;
    const facts = { ...request, kind: 'grant', createdAt: daysAgo(200) } as const;
    const ended = { decidedAt: daysAgo(91), state: 'denied' } as const;
    await stores.requests.insert({ ...facts, id: 'r-old', ...ended }, asked);
    await stores.requests.insert({ ...facts, id: 'r-open', state: 'open' }, asked);
    const verdict = { personId, verdict: 'deny', at: daysAgo(91), via: 'slack' } as const;
    await stores.requests.putVerdict({ ...verdict, requestId: 'r-old' });
    const task = { version: 1, title: 't', personId, comments: [], createdAt: daysAgo(200) };
    const aTask = { ...task, kind: 'other', state: 'open' } as const;
    await stores.tasks.insert({ ...aTask, id: 't-old', state: 'done', endedAt: daysAgo(91) });
    await stores.tasks.insert({ ...aTask, id: 't-open' });
    for (const subject of ['request:r-old', 'request:r-open', 'task:t-old', 'task:t-open'])
      await stores.messages.put({
        id: subject,
        card: { view: 'v', payload: '{}', topic: subject },
        readerId: personId,
        address: { platform: 'slack', key: subject },
        shown: '',
        postedAt: daysAgo(200),
      });

    expect(await purgeNow()).toEqual({ requests: 1, tasks: 1, messages: 2 });
    expect(await stores.requests.find('r-open')).toBeDefined();
    expect(await stores.tasks.find('t-open')).toBeDefined();
    expect(await opened.db('messages').orderBy('id').pluck('id')).toEqual([
      'request:r-open',
      'task:t-open',
    ]);
    expect(await opened.db('verdicts')).toEqual([]);
  });

  test('a request, and what the app answered, stay while a reason for access names them', async () => {
    const run = await aRun(daysAgo(200), daysAgo(199));
    const { integrationId } = run;
    await withSteps(run, 1);
    await stores.runs.putSteps(
      (await stores.runs.steps(run.id, 1)).map((step) => ({
        ...step,
        state: 'done',
        status: 201,
        responseText: 'welcome',
        finishedAt: daysAgo(199),
      })),
    );
    const asked = { reason: 'r', form: {}, answers: [], facts: {} };
    const whose = { version: 1, personId, integrationId } as const;
    const request = { ...whose, kind: 'grant', requestedById: personId } as const;
    const approved = {
      createdAt: daysAgo(200),
      decidedAt: daysAgo(200),
      state: 'approved',
    } as const;
    for (const id of ['r-held', 'r-ended', 'r-alone'])
      await stores.requests.insert({ ...request, ...approved, id }, asked);
    const extended = { ...request, ...approved, kind: 'extend', decidedAt: daysAgo(150) } as const;
    await stores.requests.insert({ ...extended, id: 'r-more' }, asked);
    const verdict = { personId, verdict: 'approve', at: daysAgo(200), via: 'slack' } as const;
    await stores.requests.putVerdict({ ...verdict, requestId: 'r-held' });
    const hold = {
      ...whose,
      source: 'request',
      givenBy: { kind: 'system' },
      startedAt: daysAgo(200),
    } as const;
    await stores.holds.insert({ ...hold, id: 'h-held', requestId: 'r-held', runId: run.id });
    const ended = { at: daysAgo(30), why: 'revoked' } as const;
    await stores.holds.insert({ ...hold, id: 'h-ended', requestId: 'r-ended', ended });

    expect(await purgeNow()).toMatchObject({ requests: 1 });
    expect(await stores.requests.find('r-alone')).toBeUndefined();
    for (const id of ['r-ended', 'r-more']) expect(await stores.requests.find(id)).toBeDefined();
    expect(await stores.requests.verdicts('r-held')).toHaveLength(1);
    expect(await stores.runAnswers.find(run.id)).toMatchObject({ outcome: 'succeeded' });
  });

  test('a bundle request goes when its last request has; until then its card stays, too', async () => {
    const createdAt = daysAgo(200);
    const { integrationId } = await aRun(now);
    const of = { kind: 'same-as' } as const;
    const about = { of, personId, requestedById: personId, createdAt };
    await stores.bundleRequests.insert({ ...about, id: 'open' }, []);
    await stores.bundleRequests.insert({ ...about, id: 'over' }, [
      { bundleRequestId: 'over', integrationId, position: 0, had: true },
    ]);
    await stores.requests.insert(
      {
        id: newId(),
        version: 1,
        kind: 'grant',
        integrationId,
        personId,
        requestedById: personId,
        createdAt,
        bundleRequestId: 'open',
        state: 'open',
      },
      { reason: '', form: {}, answers: [], facts: {} },
    );
    for (const id of ['open', 'over'])
      await stores.messages.put({
        id,
        card: { view: 'bundle-request', payload: '{}', topic: `bundle-request:${id}` },
        readerId: personId,
        address: { platform: 'slack', key: id },
        shown: '',
        postedAt: createdAt,
      });
    await purgeNow();
    expect(await stores.bundleRequests.find('open')).toBeDefined();
    expect(await stores.bundleRequests.find('over')).toBeUndefined();
    expect(await stores.bundleRequests.items('over')).toEqual([]);
    expect(await stores.messages.byTopics(['bundle-request:open'])).toHaveLength(1);
    expect(await stores.messages.byTopics(['bundle-request:over'])).toEqual([]);
  });

  test('an app of a bundle counts as granted after its run or task has gone, unless that granted nothing', async () => {
    const createdAt = daysAgo(200);
    const about = { of: { kind: 'same-as' }, personId, requestedById: personId } as const;
    const good = await aRun(createdAt, daysAgo(91));
    const bad = await aRun(createdAt, daysAgo(91), 'cancelled');
    const [byHand, dropped, asked] = [await aRun(now), await aRun(now), await aRun(now)];
    const task = { version: 1, title: 't', personId, comments: [], createdAt, kind: 'other' };
    const ended = { ...task, kind: 'other', endedAt: daysAgo(91) } as const;
    await stores.tasks.insert({ ...ended, id: 't-done', state: 'done' });
    await stores.tasks.insert({ ...ended, id: 't-cancelled', state: 'cancelled' });
    const begun = [
      { integrationId: good.integrationId, runId: good.id },
      { integrationId: bad.integrationId, runId: bad.id },
      { integrationId: byHand.integrationId, taskId: 't-done' },
      { integrationId: dropped.integrationId, taskId: 't-cancelled' },
      { integrationId: asked.integrationId, requestId: 'r-open' },
    ];
    const items = begun.map((each, position) => ({
      ...each,
      bundleRequestId: 'b1',
      position,
      had: false,
    }));
    await stores.bundleRequests.insert({ ...about, id: 'b1', createdAt }, items);
    await stores.requests.insert(
      {
        id: 'r-open',
        version: 1,
        kind: 'grant',
        integrationId: asked.integrationId,
        personId,
        requestedById: personId,
        createdAt,
        bundleRequestId: 'b1',
        state: 'open',
      },
      { reason: '', form: {}, answers: [], facts: {} },
    );
    const progress = async () =>
      (await itemsNow(stores, { id: 'b1' })).map((each) => each.progress);
    const before = await progress();
    expect(before).toEqual(['done', 'over', 'done', 'over', 'waiting']);
    expect(await purgeNow()).toEqual({ runs: 2, tasks: 2 });
    expect(await progress()).toEqual(before);
  });

  test('a sequence that someone has had goes with what it has planned and sent; one that goes on stays', async () => {
    const sequence = {
      version: 1,
      anchor: 'start-date',
      isOn: true,
      isForEveryHire: false,
      createdAt: daysAgo(200),
    } as const;
    const message = { channel: 'email', to: '{{email}}', subject: 's', text: 't' } as const;
    for (const [id, endedAt] of [
      ['old', daysAgo(91)],
      ['young', daysAgo(89)],
      ['open', undefined],
    ] as const) {
      await stores.sequences.insert({ ...sequence, id, name: id });
      await stores.sequences.insertItem({
        id,
        version: 1,
        sequenceId: id,
        position: 0,
        timing: { kind: 'at-once' },
        does: { kind: 'message', ...message },
      });
      await stores.assignments.insert({
        id,
        version: 1,
        sequenceId: id,
        personId,
        assignedBy: { kind: 'system' },
        assignedAt: daysAgo(200),
        ...(endedAt && { endedAt }),
      });
      const planned = { id, version: 1, assignmentId: id, itemId: id, personId } as const;
      await stores.plannedItems.insertMany([{ ...planned, state: 'planned' }]);
      await stores.deliveries.insert({
        id,
        version: 1,
        plannedItemId: id,
        position: 0,
        createdAt: daysAgo(200),
        attempts: 1,
        body: 'dropped',
        state: 'sent',
        finishedAt: daysAgo(200),
        via: 'email',
      });
    }

    expect(await purgeNow()).toEqual({ assignments: 1 });
    for (const table of ['sequence_assignments', 'planned_items', 'deliveries'])
      expect(await opened.db(table).orderBy('id').pluck('id')).toEqual(['open', 'young']);
    expect(await stores.sequences.find('old')).toBeDefined();
  });

  test('occurrences are remembered for 400 days', async () => {
    await stores.occurrences.claim('s', daysAgo(401));
    await stores.occurrences.claim('s', daysAgo(399));
    expect(await purgeNow()).toEqual({ occurrences: 1 });
    expect(await stores.occurrences.isClaimed('s', daysAgo(399))).toBe(true);
  });

  test('an entry of the audit log stays until it is sealed, whatever its age', async () => {
    const entry = { id: newId(), at: daysAgo(1000), actor: { kind: 'system' }, what: 'x' } as const;
    await stores.auditLog.add(entry);
    expect(await purgeNow()).toEqual({});
    expect(await stores.auditLog.list({ offset: 0, limit: 1 })).toEqual([entry]);
  });

  test('a sealed entry of the audit log goes with the time, and an entry says which', async () => {
    const entry = { id: newId(), at: daysAgo(91), actor: { kind: 'system' }, what: 'x' } as const;
    await stores.auditLog.add(entry);
    await stores.auditLog.add({ ...entry, id: newId(), at: daysAgo(89) });
    await sealAudit({ ...opened, pause: async () => undefined });
    expect(await purgeNow()).toEqual({ audit: 1 });
    const left = await stores.auditLog.list({ offset: 0, limit: 9 });
    expect(left.map(({ what, detail }) => [what, detail])).toEqual(
      expect.arrayContaining([
        ['x', undefined],
        ['audit.purged', { entries: '1', number: 1, signature: expect.any(String) as unknown }],
      ]),
    );
    expect(left).toHaveLength(2);
  });

  test('entries of the audit log stay for good where nobody said for how long', async () => {
    const entry = { id: newId(), at: daysAgo(5000), actor: { kind: 'system' }, what: 'x' } as const;
    await stores.auditLog.add(entry);
    await sealAudit({ ...opened, pause: async () => undefined });
    expect(await purgeNow(EVIDENCE_DAYS, 0)).toEqual({});
    expect(await stores.auditLog.list({ offset: 0, limit: 9 })).toEqual([entry]);
  });

  test('what the app last answered to a run that goes stays for evidence, and goes with its time', async () => {
    const run = await aRun(daysAgo(95), daysAgo(95));
    await stores.runs.putSteps([
      {
        runId: run.id,
        attempt: run.attempt,
        index: 0,
        method: 'POST',
        url: 'https://app.example.com/users',
        state: 'done',
        tries: 1,
        startedAt: daysAgo(95),
        finishedAt: daysAgo(95),
        status: 201,
        responseText: '{"id":7}',
        warnings: [],
      },
    ]);
    await purgeNow(400);
    expect(await stores.runs.find(run.id)).toBeUndefined();
    expect(await stores.runAnswers.find(run.id)).toEqual({
      outcome: run.state,
      text: 'POST https://app.example.com/users: 201 {"id":7}',
    });
    expect(await purgeNow(90)).toEqual({ 'run-answers': 1 });
    expect(await stores.runAnswers.find(run.id)).toBeUndefined();
  });

  test.each([
    ['of which no key opens the answer goes without it', 'response_text', 1],
    ['that has a damaged step goes like any other', 'warnings', 2],
  ] as const)('a run %s, and the others with it', async (_, column, answers) => {
    const run = await aRun(daysAgo(95), daysAgo(95));
    const other = await aRun(daysAgo(94), daysAgo(94));
    for (const each of [run, other])
      await stores.runs.putSteps([
        {
          runId: each.id,
          attempt: 1,
          index: 0,
          method: 'GET',
          url: 'https://app.example.com/users',
          state: 'done',
          tries: 1,
          startedAt: daysAgo(95),
          status: 200,
          responseText: 'ok',
          warnings: [],
        },
      ]);
    await opened
      .db('run_steps')
      .where({ run_id: run.id })
      .update({ [column]: 'damaged' });
    expect(await purgeNow(400)).toMatchObject({ runs: 4 });
    expect(await stores.runs.find(other.id)).toBeUndefined();
    expect(await opened.db('runs').where({ id: run.id }).first()).toBeUndefined();
    const kept = await Promise.all([other, run].map(({ id }) => stores.runAnswers.find(id)));
    expect(kept.filter((answer) => answer !== undefined)).toHaveLength(answers);
    expect(kept[0]).toBeDefined();
  });

  test('a job that failed for good goes with the time, and one that waits stays', async () => {
    await opened.transact((tx) => tx.queue.push('purge', {}, { lane: 'background', key: 'waits' }));
    await opened.transact((tx) => tx.queue.push('purge', {}, { lane: 'background', key: 'fails' }));
    if (kind === 'SQLite')
      await opened
        .db('jobs')
        .where({ key: 'fails' })
        .update({ buried_at: daysAgo(91).getTime() });
    else
      await opened.db.raw(
        `update graphile_worker._private_jobs set attempts = max_attempts, updated_at = ? where key = 'fails'`,
        [daysAgo(91)],
      );
    const retention = createRetention(opened.db, undefined, opened);
    expect(await retention.deleteSome('buried-jobs', daysAgo(92))).toBe(0);
    expect(await retention.deleteSome('buried-jobs', daysAgo(90))).toBe(1);
    const left = kind === 'SQLite' ? 'jobs' : 'graphile_worker.jobs';
    expect(await opened.db(left).pluck('key')).toEqual(['waits']);
  });

  test('what cannot be deleted keeps nothing else from its end', async () => {
    const asked: string[] = [];
    const purged = purge({
      stores,
      retention: {
        async deleteSome(what) {
          asked.push(what);
          if (what === 'runs') throw new Error('These runs stay');
          return 0;
        },
      },
      retentionDays: RETENTION_DAYS,
      evidenceDays: EVIDENCE_DAYS,
      auditDays: 0,
      now: () => now,
      pause: async () => undefined,
    });
    await expect(purged).rejects.toThrow('These runs stay');
    expect(asked).toEqual(expect.arrayContaining(['messages', 'inbox', 'occurrences']));
  });

  describe('a clock that may have jumped', () => {
    const inDays = (days: number) => daysAgo(-days);
    /** Latchkey runs on these days. */
    const run = async (from: number, to: number) => {
      const errors: unknown[] = [];
      const onError = (error: unknown) => errors.push(error);
      for (let day = from; day <= to; day += 1)
        await fireDue({ ...opened, sources: [purging], onError }, inDays(day));
      expect(errors).toEqual([]);
    };
    /** Whether that is deleted which has just become old by this clock. */
    const deletesIn = async (days: number) => {
      const end = inDays(days - RETENTION_DAYS - 1);
      await aRun(end, end);
      return (await purgeAt(inDays(days))).deleted['runs'] !== undefined;
    };

    test('a year ahead: nothing is deleted until Latchkey has run by it for a week', async () => {
      await aRun(daysAgo(1), daysAgo(1));
      await run(-30, 0);
      await run(365, 365);
      expect(await purgeAt(inDays(365))).toEqual({ deleted: {}, missed: 364 });
      await run(366, 371);
      expect(await purgeAt(inDays(371))).toEqual({ deleted: {}, missed: 364 });
      await run(372, 372);
      const { deleted, missed } = await purgeAt(inDays(372));
      expect(deleted).toMatchObject({ runs: 1 });
      expect(missed).toBe(0);
    });

    test('five days ahead for a night: what becomes old in these days stays', async () => {
      await run(-30, 0);
      const end = daysAgo(RETENTION_DAYS - 3);
      await aRun(end, end);
      await run(5, 5);
      expect(await purgeAt(inDays(5))).toEqual({ deleted: {}, missed: 4 });
    });

    test('once it is right again, it is as before', async () => {
      await run(-30, 0);
      await run(365, 366);
      await run(1, 2);
      expect(await deletesIn(2)).toBe(true);
    });

    test('in a new installation, and after a week of days, it deletes at once', async () => {
      expect(await deletesIn(0)).toBe(true);
      await run(0, 0);
      expect(await deletesIn(1)).toBe(true);
      expect(await deletesIn(3)).toBe(false);
      await run(3, 9);
      expect(await deletesIn(10)).toBe(true);
    });

    test('one that is off at weekends keeps all a little longer, about which there is nothing to look at', async () => {
      for (let day = 0; day <= 70; day += 7) await run(day, day + 4);
      for (const day of [77, 78, 79, 80, 81]) {
        const { missed } = await purgeAt(inDays(day));
        expect([missed, isUnusual(missed)]).toEqual([expect.toBeOneOf([2, 4]), false]);
        await run(day, day);
      }
      expect(isUnusual(8)).toBe(true);
    });

    test('one that runs only on one day a week keeps everything six weeks longer, and no more', async () => {
      for (let day = 0; day <= 70; day += 7) await run(day, day);
      const [kept, deleted] = [RETENTION_DAYS + 42, RETENTION_DAYS + 43];
      for (const age of [kept, deleted]) await aRun(inDays(77 - age), inDays(77 - age));
      expect(await purgeAt(inDays(77))).toEqual({ deleted: { runs: 1 }, missed: 42 });
    });
  });

  test('one purge is queued a day, however often one looks and however long nobody did', async () => {
    const jobs = kind === 'SQLite' ? 'jobs' : 'graphile_worker.jobs';
    const errors: unknown[] = [];
    const deps = {
      ...opened,
      sources: [purging],
      onError: (error: unknown) => errors.push(error),
    };
    const at = (hours: number) => new Date(now.getTime() + hours * 60 * 60 * 1000);
    expect(await fireDue(deps, at(0))).toBe(1);
    expect(await fireDue(deps, at(1))).toBe(0);
    expect(await opened.db(jobs)).toHaveLength(1);
    expect(await fireDue(deps, at(13))).toBe(1);
    expect(await fireDue(deps, at(13 + 24 * 7))).toBe(1);
    expect(errors).toEqual([]);
  });
});
