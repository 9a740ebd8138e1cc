/** One row of every kind that has texts, written by the stores. */
import { newId } from '../../../src/core/ids.ts';
import type { ManifestIntegration, Person } from '../../../src/engine/people/directory.ts';
import type { RunError, RunFacts, Step } from '../../../src/engine/runs/run.ts';
import { keepErased } from '../../../src/store/people/erased-addresses.ts';
import { keepAnswers } from '../../../src/store/runs/run-answers.ts';
import { insertWithManifest } from '../../contracts/an-integration.ts';
import { aSyncRun } from '../a-sync-run.ts';
import { accessSince } from '../has-access.ts';
import type { TestDatabase } from './database.ts';

const now = new Date('2026-11-24T12:00:00.000Z');
const later = new Date('2026-11-24T12:05:00.000Z');

/** Everything that must not be readable on the disk. */
export const hidden = {
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

export async function storeEverythingHidden({
  stores,
  db,
  vault,
}: Pick<TestDatabase, 'stores' | 'db' | 'vault'>): Promise<void> {
  await keepErased(db, vault, { email: 'gone@example.com', at: now });
  await stores.chatTokens.insert({
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
  await insertWithManifest(stores, integration);
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
  const whose = { personId: person.id, integrationId: integration.id };
  await stores.access.put(accessSince(now, { ...whose, state: 'none', reason: hidden.access }));
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
    secrets: { key: hidden.authenticator, recovery: [hidden.recovery] },
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

export function anIntegration(): ManifestIntegration {
  const id = newId();
  const manifestVersionId = newId();
  return { id, version: 1, name: id, enabled: true, manifestVersionId, createdAt: now };
}

/** With one item. @returns their ids */
async function aBundle(stores: TestDatabase['stores'], integrationId: string): Promise<void> {
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
  stores: TestDatabase['stores'],
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
