import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { ManifestIntegration, Person } from '../../../src/engine/people/directory.ts';
import type { RunError, RunFacts, Step } from '../../../src/engine/runs/run.ts';
import { keepErased } from '../../../src/store/people/erased-addresses.ts';
import { keepAnswers } from '../../../src/store/runs/run-answers.ts';
import { createStores } from '../../../src/store/stores.ts';
import { resealAll } from '../../../src/store/vault/reseal.ts';
import { sealedColumns } from '../../../src/store/vault/sealed-columns.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { type DatabaseWithFile, databaseWithFile } from '../../support/database/database.ts';

const now = new Date('2026-11-24T12:00:00.000Z');
const later = new Date('2026-11-24T12:05:00.000Z');

/** Everything that must not be readable on the disk. */
const hidden = {
  secret: 'hidden-secret-value',
  replaced: 'hidden-replaced-value',
  formValue: 'hidden-form-value',
  formChoice: 'hidden-form-choice',
  generated: 'hidden-generated-value',
  displayed: 'hidden-displayed-response',
  response: 'hidden-parsed-response',
  shownForm: 'hidden-shown-option',
  typed: 'hidden-words-of-a-command',
  option: 'hidden-cached-option',
  token: 'hidden-oauth-token',
  refresh: 'hidden-quote-of-a-refresh',
  chatToken: 'hidden-token-of-the-bot',
  chatRefresh: 'hidden-refresh-token-of-the-bot',
  chatOrigin: 'hidden-first-refresh-token',
  file: 'hidden-content-of-a-file',
  delivery: 'hidden-body-of-a-delivery',
  draft: 'hidden-text-of-a-draft',
  hook: 'hidden-secret-of-a-hook',
  endpoint: 'hidden-secret-of-an-endpoint',
  endpointAddress: 'hidden-address-of-an-endpoint',
  endpointAnswer: 'hidden-answer-of-an-endpoint',
  sequence: 'hidden-text-of-a-sequence',
  reason: 'hidden-reason-of-a-request',
  verdict: 'hidden-reason-of-a-verdict',
  question: 'hidden-question-to-a-requester',
  answer: 'hidden-answer-of-a-requester',
  reassigned: 'hidden-comment-of-a-reassignment',
  breakGlass: 'hidden-comment-of-a-review',
  authenticator: 'hidden-key-of-an-authenticator',
  recovery: 'hidden-hash-of-a-recovery-code',
  task: 'hidden-title-of-a-task',
  cursor: 'hidden-token-of-the-next-page',
  roundCursor: 'hidden-token-of-a-list-of-accounts',
  roundWhy: 'hidden-quote-of-a-list-of-accounts',
  mark: 'hidden-mark-of-the-next-import',
  warning: 'hidden-quote-in-a-warning',
  error: 'hidden-quote-of-an-answer',
  waited: 'hidden-quote-of-a-poll',
  access: 'hidden-reason-of-an-access',
  accountFact: 'hidden-fact-of-an-account',
  accountAnswer: 'hidden-answer-of-an-account',
  accountReason: 'hidden-quote-of-an-app',
  removalWhy: 'hidden-quote-of-a-removal',
  removalNote: 'hidden-note-of-a-removal',
  fact: 'hidden-fact-that-waits',
  ruleItem: 'hidden-form-value-of-a-rule',
  exception: 'hidden-reason-of-an-exception',
  bundle: 'hidden-form-value-of-a-bundle',
} as const;

let database: DatabaseWithFile;
beforeEach(async () => {
  database = await databaseWithFile(() => now);
});
afterEach(() => database.cleanup());

test('no secret, form value or response is readable in the files of the database', async () => {
  await storeEverythingHidden(database);

  const files = await filesOf(database);
  // What is plain is found, so what is not found below really is hidden.
  expect(files.some((bytes) => bytes.includes('plain-position'))).toBe(true);
  const readable = Object.values(hidden).filter((value) =>
    writtenAs(value).some((form) => files.some((bytes) => bytes.includes(form))),
  );
  expect(readable).toEqual([]);
});

test('a sealed value that is copied to another row is refused', async () => {
  const { stores, db } = database;
  const [mine, other] = [anIntegration(), anIntegration()];
  await stores.integrations.insert(mine);
  await stores.integrations.insert(other);
  await stores.secrets.put(mine.id, 'TOKEN', hidden.secret);
  await stores.secrets.put(other.id, 'TOKEN', 'theirs');

  const sealed = await db<{ integration_id: string; value: string }>('secrets')
    .where({ integration_id: mine.id })
    .first();
  await db('secrets')
    .where({ integration_id: other.id })
    .update({ value: sealed?.value ?? '' });

  await expect(stores.secrets.all(other.id)).rejects.toMatchObject({ code: 'wrong-row' });
  expect(await stores.secrets.all(mine.id)).toEqual({ TOKEN: hidden.secret });
});

test('every sealed column is known, and everything is sealed again under a new first key', async () => {
  await storeEverythingHidden(database);
  const before = await sealedTexts(database);
  const known = Object.values(sealedColumns).map(({ table, column }) => `${table}.${column}`);
  expect([...new Set(before.map(({ place }) => place))].toSorted()).toEqual(known.toSorted());

  const newKey = randomBytes(32);
  const rotating = createVault([newKey, database.key]);
  const proof = { texts: before.length, left: {}, unopened: [] };
  expect(await resealAll(database.db, rotating)).toEqual({ resealed: before.length, ...proof });
  expect(await resealAll(database.db, rotating)).toEqual({ resealed: 0, ...proof });

  const after = await sealedTexts(database);
  expect(after).toHaveLength(before.length);
  const stores = createStores(database.db, createVault([newKey]));
  const [integration] = await stores.integrations.list();
  expect(await stores.secrets.all(integration?.id ?? '')).toEqual({ TOKEN: hidden.secret });
  const [removal] = await stores.removals.openAt(integration?.id ?? '');
  expect(removal).toMatchObject({ why: hidden.removalWhy, note: hidden.removalNote });
  const [account] = await stores.accounts.openOf(removal?.personId ?? '');
  expect(account?.facts).toEqual({ USERNAME: hidden.accountFact });
});

test('no list stops where a text in it is damaged', async () => {
  await storeEverythingHidden(database);
  const { stores, db } = database;
  const rows = async (table: string) =>
    (await db<Record<string, string>>(table).orderBy('id').first()) ?? {};
  const page = { offset: 0, limit: 9 };
  const { person_id: personId = '', id: requestId = '' } = await rows('access_requests');
  const { id: versionId = '' } = await rows('bundle_versions');
  const { id: ruleId = '' } = await rows('rules');
  const { id: endpointId = '' } = await rows('event_endpoints');
  const { id: transitionId = '' } = await rows('transitions');
  const { run_id: runId = '' } = (await db<Record<string, string>>('run_steps').first()) ?? {};
  const ids = (await stores.integrations.list()).map(({ id }) => id);
  const [integrationId = ''] = ids;
  await db('deliveries').update({ state: 'failed', due_at: null, finished_at: now.getTime() });
  const lists: Readonly<Record<string, () => Promise<unknown>>> = {
    access: () => stores.access.forPerson(personId),
    accounts: () => stores.accounts.openOf(personId),
    lists: () => stores.accountRounds.all(),
    removals: () => stores.removals.openAt(integrationId),
    runs: () => stores.runs.list({}, page),
    imports: () => stores.syncRuns.newestByApp(),
    tasks: () => stores.tasks.list({}, page),
    requests: () => stores.requests.list({}, page),
    verdicts: () => stores.requests.verdicts(requestId),
    questions: () => stores.questions.of(requestId),
    reassignments: () => stores.reassignments.of(requestId),
    exceptions: () => stores.ruleExceptions.ofRule(ruleId, now, page),
    moves: () => stores.transitions.items(transitionId),
    deliveries: () => stores.deliveries.unsent(new Date(0), page),
    'messages of a run': () => stores.deliveries.forRun(runId),
    events: () => stores.eventDeliveries.list(endpointId, page),
    authenticators: () => stores.authenticators.of(personId),
    bundles: () => stores.bundles.findVersions([versionId]),
    secrets: () => stores.secrets.allOf(ids),
    connections: () => stores.oauth.findMany(ids),
  };
  for (const { table, column } of Object.values(sealedColumns))
    await db(table)
      .whereNotNull(column)
      .update({ [column]: 'damaged' });
  const failed: string[] = [];
  for (const [name, read] of Object.entries(lists))
    await read().catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
  expect(failed).toEqual([]);
});

/** Every text in the database that looks like a JWE, and its table and column. */
async function sealedTexts({ db }: DatabaseWithFile) {
  const tables: readonly string[] = await db('sqlite_master').where('type', 'table').pluck('name');
  const found: { readonly place: string; readonly text: string }[] = [];
  for (const table of tables) {
    for (const row of await db(table).select<Record<string, unknown>[]>('*')) {
      for (const [column, text] of Object.entries(row)) {
        if (typeof text === 'string' && /^eyJ[\w-]+\.\.[\w.-]+$/.test(text)) {
          found.push({ place: `${table}.${column}`, text });
        }
      }
    }
  }
  return found;
}

async function storeEverythingHidden({ stores, db, vault }: DatabaseWithFile): Promise<void> {
  await keepErased(db, vault, { email: 'gone@example.com', at: now });
  await database.stores.chatTokens.insert({
    platform: 'slack',
    version: 1,
    token: hidden.chatToken,
    refreshToken: hidden.chatRefresh,
    origins: [hidden.chatOrigin],
    expiresAt: now,
  });
  const integration = anIntegration();
  const person: Person = {
    id: newId(),
    version: 1,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '',
    position: 'plain-position',
    role: 'other',
    active: true,
    stored: {},
  };
  const step: Step = {
    runId: newId(),
    attempt: 1,
    index: 0,
    method: 'POST',
    url: 'https://api.example.com',
    state: 'done',
    tries: 1,
    startedAt: now,
    responseText: hidden.displayed,
    warnings: [],
  };
  await stores.people.insert(person);
  await stores.integrations.insert(integration);
  await stores.integrations.insertVersion({
    id: integration.manifestVersionId,
    integrationId: integration.id,
    number: 1,
    manifest: '{}',
    savedBy: { kind: 'system' },
    createdAt: now,
  });
  await stores.secrets.put(integration.id, 'TOKEN', hidden.replaced);
  await stores.secrets.put(integration.id, 'TOKEN', hidden.secret);
  const run: RunFacts = {
    id: step.runId,
    version: 1,
    kind: 'execute',
    integrationId: integration.id,
    personId: person.id,
    manifestVersionId: integration.manifestVersionId,
    startedBy: { kind: 'system' },
    createdAt: now,
    attempt: 1,
  };
  await stores.runs.insert(
    { ...run, state: 'waiting', dueAt: now, why: hidden.waited },
    {
      form: { team: hidden.formValue, groups: [hidden.formChoice] },
      generated: { password: hidden.generated },
    },
  );
  const error: RunError = { code: 'not-matched', message: hidden.error, step: 0 };
  await stores.runs.save({ ...run, state: 'retrying', dueAt: now, error });
  expect(await stores.runs.find(run.id)).toMatchObject({ error });
  const whose = { personId: person.id, integrationId: integration.id };
  await stores.access.put({
    ...whose,
    state: 'none',
    reason: hidden.access,
    since: now,
    checkedAt: now,
  });
  await stores.factClaims.put({ personId: person.id, name: 'BADGE', value: hidden.fact, at: now });
  await aBundle(stores, whose.integrationId);
  const rule = await aRule(stores, whose.integrationId);
  await stores.ruleExceptions.insert({
    id: newId(),
    ...whose,
    ...rule,
    reason: hidden.exception,
    madeBy: { kind: 'system' },
    createdAt: now,
  });
  const transitionId = newId();
  await stores.transitions.insert({
    id: transitionId,
    version: 1,
    personId: person.id,
    kind: 'mover',
    state: 'open',
    fields: [],
    heldBefore: [],
    formerManagerIds: [],
    notifiedIds: [],
    beganAt: now,
    followedAt: now,
  });
  await stores.transitions.putItem({
    transitionId,
    integrationId: whose.integrationId,
    part: 'loses',
    kept: { holdId: 'hold', byId: person.id, reason: hidden.exception },
  });
  const leaving = newId();
  await stores.offboardings.insert({
    id: leaving,
    version: 1,
    personId: person.id,
    state: 'running',
    endDate: '2026-11-24',
    createdAt: now,
  });
  const removalId = newId();
  await stores.removals.insert({
    id: removalId,
    version: 1,
    ...whose,
    causes: [{ kind: 'offboarding', id: leaving, by: { kind: 'system' }, at: now }],
    beganAt: now,
    tries: 1,
    why: hidden.removalWhy,
    note: hidden.removalNote,
    state: 'stuck',
    dueAt: now,
  });
  await stores.offboardings.insertItems([
    { offboardingId: leaving, integrationId: integration.id, removalId },
  ]);
  await stores.accounts.insert({
    id: newId(),
    version: 1,
    ...whose,
    facts: { USERNAME: hidden.accountFact },
    form: { team: hidden.accountAnswer },
    writtenAt: now,
    answer: { state: 'has', reason: hidden.accountReason, checkedAt: now },
  });
  await stores.runs.putSteps([step]);
  await stores.runs.putResponse(
    { runId: step.runId, attempt: 1, index: 0 },
    { id: hidden.response },
  );
  const ended = { ...run, id: newId(), state: 'failed', error, finishedAt: now } as const;
  await stores.runs.insert(ended, { form: {}, generated: {} });
  await stores.runs.putSteps([{ ...step, runId: ended.id, status: 403 }]);
  await keepAnswers(db, vault, [ended.id]);
  const round = {
    id: newId(),
    version: 1,
    integrationId: integration.id,
    manifestVersionId: integration.manifestVersionId,
    startedAt: now,
    phase: 'reading',
    after: '',
    pages: 1,
    listed: 1,
    skipped: 0,
    unreadable: 0,
    why: hidden.roundWhy,
    tries: 0,
    completeCount: 0,
    state: 'waiting',
    dueAt: now,
  } as const;
  await stores.accountRounds.replace(round);
  await stores.accountRounds.setCursor(round.id, hidden.roundCursor);
  await stores.inbox.insert(
    [{ key: newId(), content: hidden.typed, state: 'waiting', acceptedAt: now }],
    { processId: newId(), until: now },
  );
  await stores.formSessions.insert({
    id: newId(),
    form: JSON.stringify({ options: [hidden.shownForm] }),
    personId: person.id,
    createdAt: now,
  });
  await stores.oauth.put({
    integrationId: integration.id,
    version: 1,
    generation: 1,
    app: JSON.stringify(['https://example.com/auth']),
    answer: { access_token: hidden.token },
    state: 'connected',
    refreshedAt: now,
    failure: { at: now, why: hidden.refresh },
  });
  await stores.files.putPart({
    runId: step.runId,
    name: 'photo.png',
    index: 0,
    last: true,
    bytes: new TextEncoder().encode(hidden.file),
  });
  await stores.deliveries.insert({
    id: newId(),
    version: 1,
    runId: step.runId,
    position: 0,
    createdAt: now,
    attempts: 0,
    outgoing: {
      notification: { type: 'chat', to: 'ann@example.com', message: hidden.delivery },
      secret: true,
      shownTo: 'ann@example.com',
    },
    body: 'kept',
    state: 'waiting',
    dueAt: now,
  });
  const request = { id: newId(), personId: person.id, integrationId: integration.id };
  await stores.requests.insert(
    {
      ...request,
      version: 1,
      kind: 'grant',
      requestedById: person.id,
      createdAt: now,
      state: 'open',
    },
    { reason: hidden.reason, form: {}, answers: [], facts: {} },
  );
  await stores.requests.putVerdict({
    requestId: request.id,
    personId: person.id,
    verdict: 'deny',
    reason: hidden.verdict,
    at: now,
    via: 'slack',
  });
  const question = { id: newId(), requestId: request.id, askedById: person.id, askedAt: now };
  await stores.questions.insert({ ...question, question: hidden.question });
  await stores.questions.answer(question.id, { byId: person.id, at: now, answer: hidden.answer });
  await stores.authenticators.insert({
    id: newId(),
    version: 1,
    personId: person.id,
    state: 'active',
    key: hidden.authenticator,
    recovery: [hidden.recovery],
    wrong: 0,
    createdAt: now,
  });
  await stores.breakGlasses.insert({
    requestId: request.id,
    at: now,
    state: 'looking',
    comment: hidden.breakGlass,
  });
  await stores.reassignments.insert({
    id: newId(),
    requestId: request.id,
    fromId: person.id,
    toId: person.id,
    byId: person.id,
    at: now,
    comment: hidden.reassigned,
  });
  await stores.tasks.insert({
    id: newId(),
    version: 1,
    kind: 'other',
    title: hidden.task,
    personId: person.id,
    createdAt: now,
    comments: [],
    state: 'open',
  });
  const sequenceId = newId();
  await stores.sequences.insert({
    id: sequenceId,
    version: 1,
    name: 'First week',
    anchor: 'start-date',
    isOn: true,
    isForEveryHire: false,
    createdAt: now,
  });
  await stores.sequences.insertItem({
    id: newId(),
    version: 1,
    sequenceId,
    position: 0,
    timing: { kind: 'at-once' },
    does: {
      kind: 'message',
      channel: 'email',
      to: '{{email}}',
      subject: 'Welcome',
      text: hidden.sequence,
    },
  });
  await stores.hooks.insert({
    id: newId(),
    version: 1,
    sequenceId,
    name: 'HR',
    emailPath: 'email',
    isOn: true,
    createdAt: now,
    createdBy: { kind: 'system' },
    secret: hidden.hook,
    isRevealed: false,
    refusals: 0,
  });
  const endpointId = newId();
  await stores.eventEndpoints.insert({
    id: endpointId,
    version: 1,
    name: 'SIEM',
    url: `https://siem.example.com/${hidden.endpointAddress}`,
    kinds: [],
    secret: hidden.endpoint,
    isRevealed: false,
    readSeq: 0,
    state: 'idle',
  });
  await stores.eventDeliveries.insertMany([
    {
      id: newId(),
      version: 1,
      endpointId,
      kind: 'endpoint.test',
      at: now,
      state: 'sent',
      finishedAt: now,
      attempts: 1,
      status: 200,
      answer: hidden.endpointAnswer,
    },
  ]);
  await stores.drafts.put({
    id: newId(),
    personId: person.id,
    kind: 'manifest',
    name: 'Asana',
    text: hidden.draft,
    createdAt: now,
  });
  const sync = aSyncRun({
    integrationId: integration.id,
    manifestVersionId: integration.manifestVersionId,
    createdAt: now,
  });
  await stores.syncRuns.insert(sync);
  await stores.syncRuns.save({ ...sync, warnings: [hidden.warning] }, hidden.cursor);
  await stores.syncRuns.setMark(sync.id, hidden.mark);
  const option = { value: '1', label: hidden.option };
  await stores.options.put(
    'key',
    { kind: 'options', options: [option] },
    { at: now, expiresAt: later },
  );
}

function anIntegration(): ManifestIntegration {
  const id = newId();
  const manifestVersionId = newId();
  return { id, version: 1, name: id, enabled: true, manifestVersionId, createdAt: now };
}

/** The database, its write-ahead log and whatever else lies beside them. */
async function filesOf({ file }: DatabaseWithFile): Promise<readonly Buffer[]> {
  const names = await readdir(dirname(file));
  expect(names).toContain('latchkey.sqlite-wal');
  return Promise.all(names.map((name) => readFile(join(dirname(file), name))));
}

/** The value itself, and in the three ways base64 may write it, depending on what stands before it. */
function writtenAs(value: string): readonly string[] {
  const shifted = [0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${value}`)
      .toString('base64url')
      .slice(4, -4),
  );
  return [value, ...shifted];
}

/** With one item. @returns their ids */
async function aBundle(stores: DatabaseWithFile['stores'], integrationId: string): Promise<void> {
  const [bundleId, versionId] = [newId(), newId()];
  await stores.bundles.insert({
    id: bundleId,
    version: 1,
    name: 'Engineering basics',
    description: '',
    tags: [],
    versionId,
    createdAt: now,
  });
  await stores.bundles.insertVersion({
    id: versionId,
    bundleId,
    number: 1,
    items: [{ integrationId, form: { team: hidden.bundle }, answers: [] }],
    savedBy: { kind: 'system' },
    createdAt: now,
  });
}

async function aRule(
  stores: DatabaseWithFile['stores'],
  integrationId: string,
): Promise<{ readonly ruleId: string; readonly itemId: string }> {
  const [ruleId, itemId] = [newId(), newId()];
  await stores.rules.insert({
    id: ruleId,
    version: 1,
    name: 'Engineering basics',
    isOn: true,
    definition: {
      matching: 'all',
      conditions: [],
      daysBefore: 0,
      overlapDays: 14,
      items: [{ id: itemId, integrationId }],
    },
    madeBy: { kind: 'system' },
    createdAt: now,
  });
  const form = { team: hidden.ruleItem };
  await stores.rules.insertItem({ id: itemId, ruleId, integrationId, form, answers: [] });
  return { ruleId, itemId };
}
