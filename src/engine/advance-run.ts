/**
 * Takes a run as far as it goes now. Each step's beginning and outcome is stored before anything else happens, so a
 * run that loses its process goes on where it stood. Every store is fenced: a worker that lost its lease stores nothing.
 */
import type { Json } from '../core/json.ts';
import { unreachable } from '../core/unreachable.ts';
import { queueCheck } from './check-access.ts';
import { type Context, gatherRun } from './context.ts';
import { deliveriesOf, storeDeliveries } from './deliveries.ts';
import type { Access } from './directory.ts';
import { startRevoke, wake } from './grant.ts';
import { BUSY_PAUSE_MS } from './limits.ts';
import type { ManifestRequest } from './manifest/schema.ts';
import type { Tokens } from './oauth.ts';
import type {
  Clock,
  Http,
  HttpFailure,
  NewId,
  RandomBytes,
  RunFilePart,
  Stores,
  Transaction,
  UnitOfWork,
} from './ports.ts';
import { type Described, describeRequest } from './request.ts';
import {
  block,
  cancel,
  fail,
  handBack,
  isDue,
  isUnfinished,
  lease,
  loseLease,
  type Run,
  type RunError,
  type RunIn,
  renew,
  type Step,
  succeed,
  wait,
} from './run.ts';
import { isWrite, sendStep } from './send-step.ts';
import { judgeStep, type StepOutcome } from './step-outcome.ts';
import { touchRun } from './subjects.ts';
import type { Variables } from './variables.ts';

export interface Advancing {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly http: Http;
  readonly tokens: Tokens;
  readonly now: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly workerId: string;
  /** Runs that this process works on now: the fence tells processes apart, this a process from itself. */
  readonly underWay: Set<string>;
  /** What to tell people in chat when a run has ended; in the transaction of the outcome. */
  readonly announce: (tx: Transaction, ended: Run) => Promise<void>;
}

/** What a step that is done leaves to the steps after it. */
type Finished = Extract<StepOutcome, { kind: 'done' }>;

/** Works on the run until it ends, waits or is lost. Does nothing where it isn't due or is someone else's. */
export async function advanceRun(runId: string, parts: Advancing): Promise<void> {
  if (parts.underWay.has(runId)) return;
  parts.underWay.add(runId);
  try {
    const leased = await takeLease(runId, parts);
    if (leased) await takeStepsOrFail(leased, parts);
  } finally {
    parts.underWay.delete(runId);
  }
}

async function takeStepsOrFail(leased: RunIn<'running'>, parts: Advancing): Promise<void> {
  try {
    await takeSteps(leased, parts);
  } catch (error) {
    await afterBreakdown(leased, parts);
    throw error;
  }
}

async function takeSteps(leased: RunIn<'running'>, parts: Advancing): Promise<void> {
  const runId = leased.id;
  const gathered = await gatherRun(parts.stores, leased);
  if (!gathered.ok) {
    const error: RunError = { code: 'integration-gone', message: gathered.why };
    await end(runId, parts, (run, now) => fail(run, error, now));
    return;
  }
  const { context } = gathered;
  const requests = leased.kind === 'execute' ? context.manifest.execute : context.manifest.revoke;
  const responses = [...(await parts.stores.runs.responses(runId, leased.attempt))];
  const first = responses.length;
  const stored: Record<string, Json> = {};

  for (const [index, spec] of requests.entries()) {
    if (index < first) continue;
    if (first === 0 && index === 1) {
      // Only a clicked run's first step is interactive: the rest makes room for whoever clicks next.
      await handOver(runId, parts);
      return;
    }
    const before: Before = {
      responses,
      stored,
      savedFiles: savedFilesOf(requests.slice(0, index)),
    };
    const went = await takeStep(leased, index, spec, before, context, parts);
    if (!went) return;
    responses.push(went.response);
    Object.assign(stored, went.stored);
  }
  const deliveries =
    leased.kind === 'execute' ? deliveriesOf(context, context.variables(responses, stored)) : [];
  await end(runId, parts, succeed, undefined, (tx) =>
    storeDeliveries(tx, runId, deliveries, parts),
  );
}

/** What the steps before a step have left. */
interface Before {
  readonly responses: readonly Json[];
  readonly stored: Readonly<Record<string, Json>>;
  readonly savedFiles: ReadonlySet<string>;
}

const savedFilesOf = (earlier: readonly ManifestRequest[]): ReadonlySet<string> =>
  new Set(earlier.flatMap(({ saveAsFile }) => (saveAsFile === undefined ? [] : [saveAsFile])));

/**
 * Something broke here, and not at the other side. A step that may have been sent is treated like one whose process
 * died: whoever takes the run next decides. Otherwise the attempt fails, and says so instead of hanging.
 */
async function afterBreakdown(leased: RunIn<'running'>, parts: Advancing): Promise<void> {
  const steps = await parts.stores.runs.steps(leased.id, leased.attempt);
  await change(leased.id, parts, async (tx, run) => {
    const now = parts.now();
    if (steps.some(({ state }) => state === 'sending')) {
      const lost = loseLease(run, now);
      await wake(tx, lost, new Date(now.getTime() + BREAKDOWN_PAUSE_MS));
      return lost;
    }
    const failed = fail(run, { code: 'internal', message: BREAKDOWN }, now);
    await afterwards(tx, failed, parts);
    return failed;
  });
}

/** Long enough for a database that was busy. */
const BREAKDOWN_PAUSE_MS = 5000;
/** A step that was begun this often and never ended breaks whoever takes it. */
const MOST_BEGINNINGS = 5;
const BREAKDOWN =
  'Something went wrong inside Latchkey, not at the other side. Tell your Latchkey admin; the log says what it was.';

async function takeLease(runId: string, parts: Advancing): Promise<RunIn<'running'> | undefined> {
  return parts.transact(async (tx) => {
    const run = await tx.runs.find(runId);
    const now = parts.now();
    if (!run || !isDue(run, now)) return undefined;
    const integration = await tx.integrations.find(run.integrationId);
    const leased = await tx.runs.save(
      lease(run, parts.workerId, integration?.manifestVersionId ?? run.manifestVersionId, now),
    );
    await touchRun(tx, leased);
    return leased as RunIn<'running'>; // `save` gives back the run that it was given, one version on.
  });
}

/** @returns the step's response, or undefined where the run does not go on now. */
async function takeStep(
  run: RunIn<'running'>,
  index: number,
  spec: ManifestRequest,
  before: Before,
  gathered: Context,
  parts: Advancing,
): Promise<Finished | undefined> {
  const earlier = (await parts.stores.runs.steps(run.id, run.attempt)).find(
    (step) => step.index === index,
  );
  // Before anything else can fail: what may have been done is not forgotten for want of a token.
  if (earlier?.state === 'sending' && isWrite(spec)) {
    await interrupted(run.id, earlier, parts);
    return undefined;
  }
  const fresh = await parts.tokens.fresh(gathered);
  if (!fresh.ok) {
    const error: RunError = { code: 'no-token', message: fresh.why, step: index };
    await end(run.id, parts, (current, now) => fail(current, error, now));
    return undefined;
  }
  const { context } = fresh;
  const variablesIn = (known: Context): Variables =>
    known.variables(before.responses, before.stored);
  const describe = (known: Context): Described =>
    describeRequest(spec, known.manifest.headers, variablesIn(known), before);
  const described = describe(context);
  if (!described.ok) {
    const error: RunError = {
      code: 'bad-request',
      message: context.redact(described.error),
      step: index,
    };
    await end(run.id, parts, (current, now) => fail(current, error, now));
    return undefined;
  }
  const write = isWrite(described.request);
  if (earlier?.state === 'sending' && earlier.tries >= MOST_BEGINNINGS) {
    const error: RunError = { code: 'internal', message: BREAKDOWN, step: index };
    await end(run.id, parts, (current, now) => fail(current, error, now), {
      ...earlier,
      state: 'failed',
      finishedAt: parts.now(),
    });
    return undefined;
  }
  const idempotencyKey =
    (spec.polling
      ? undefined
      : (earlier ?? (await unknownBefore(run, index, parts)))?.idempotencyKey) ?? parts.newId();
  const step: Step = {
    runId: run.id,
    attempt: run.attempt,
    index,
    method: described.request.method,
    url: context.redact(described.request.url),
    state: 'sending',
    tries: (earlier?.tries ?? 0) + 1,
    startedAt: earlier?.startedAt ?? parts.now(),
    warnings: described.warnings,
    ...(write && { idempotencyKey }),
  };
  const sent = await sendStep(
    { spec, step, request: described.request, context, describe },
    {
      ...parts,
      begin: (begun) => storeWhileOurs(run.id, parts, (tx) => tx.runs.putStep(begun)),
      putPart: (part) => putPartWhileOurs(part, parts),
    },
  );
  if (!sent) return undefined;
  const { answer } = sent;
  if (answer.kind === 'failed' && answer.code === 'host-busy') {
    await postpone(run.id, earlier, sent.step, answer, parts);
    return undefined;
  }
  const outcome = judgeStep({
    spec,
    method: described.request.method,
    step: sent.step,
    answer,
    now: parts.now(),
    variables: variablesIn(sent.context),
  });
  return settle(run.id, sent.step, outcome, sent.context, parts);
}

/** The same write of the attempt before, if nobody knows whether it arrived: its key lets the other side recognise it. */
async function unknownBefore(
  run: RunIn<'running'>,
  index: number,
  { stores }: Advancing,
): Promise<Step | undefined> {
  if (run.attempt === 1) return undefined;
  const before = await stores.runs.steps(run.id, run.attempt - 1);
  return before.find((step) => step.index === index && step.state === 'unknown');
}

/** Nothing was sent, and the other side is not to blame: the step stands as before, and no try is counted. */
async function postpone(
  runId: string,
  earlier: Step | undefined,
  step: Step,
  { message, retryAfterMs = BUSY_PAUSE_MS }: HttpFailure,
  parts: Advancing,
): Promise<void> {
  const before: Step = { ...step, ...earlier, state: 'waiting', tries: step.tries - 1 };
  await putOff(runId, before, retryAfterMs, message, parts);
}

async function putOff(
  runId: string,
  step: Step,
  afterMs: number,
  why: string,
  parts: Advancing,
): Promise<void> {
  const dueAt = new Date(parts.now().getTime() + afterMs);
  await change(runId, parts, async (tx, run) => {
    await tx.runs.putStep(step);
    // A revoke that waits for the end of this run doesn't wait for its pauses too.
    if (run.thenRevokeBy) return cancel(run, run.thenRevokeBy, parts.now());
    const waiting = wait(run, dueAt, why);
    await wake(tx, waiting, dueAt);
    return waiting;
  });
}

/** Stores what the answer meant, and moves the run by it. */
async function settle(
  runId: string,
  step: Step,
  outcome: StepOutcome,
  context: Context,
  parts: Advancing,
): Promise<Finished | undefined> {
  const finishedAt = parts.now();
  switch (outcome.kind) {
    case 'done': {
      const stored = await storeWhileOurs(runId, parts, async (tx) => {
        await tx.runs.putStep({ ...step, state: 'done', finishedAt });
        await tx.runs.insertResponse(runId, step.attempt, step.index, outcome.response);
        await keepWithPerson(tx, context.person.id, outcome.stored);
      });
      return stored ? outcome : undefined;
    }
    case 'again':
      await putOff(
        runId,
        { ...step, state: 'waiting' },
        outcome.afterMs,
        context.redact(outcome.why),
        parts,
      );
      return undefined;
    case 'failed': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(
        runId,
        parts,
        (run, now) => fail(run, outcome.unknown ? unknownOutcome(step, error.message) : error, now),
        { ...step, state: outcome.unknown ? 'unknown' : 'failed', finishedAt },
      );
      return undefined;
    }
    case 'blocked': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(runId, parts, (run, now) => block(run, error, now), {
        ...step,
        state: 'failed',
        finishedAt,
      });
      return undefined;
    }
    default:
      return unreachable(outcome);
  }
}

/** A write that left before its process died: nobody knows whether it arrived, so it is not sent again in this attempt. */
const interrupted = (runId: string, step: Step, parts: Advancing): Promise<void> =>
  end(
    runId,
    parts,
    (run, now) =>
      fail(run, unknownOutcome(step, 'Latchkey was stopped while it was on its way.'), now),
    { ...step, state: 'unknown', finishedAt: parts.now() },
  );

function unknownOutcome(step: Step, why: string): RunError {
  return {
    code: 'unknown-outcome',
    message: `${step.method} ${step.url} has an unknown outcome: it may have been done, or not. ${why}`,
    step: step.index,
  };
}

const handOver = (runId: string, parts: Advancing): Promise<boolean> =>
  change(runId, parts, async (tx, run) => {
    const now = parts.now();
    const queued = handBack(run, now);
    await tx.queue.push(
      'run.advance',
      { runId },
      { lane: 'background', dueAt: now, key: `run:${runId}` },
    );
    return queued;
  });

/** Ends the attempt: stores the last step, the run, what is known of the access, and what follows. */
async function end(
  runId: string,
  parts: Advancing,
  transition: (run: RunIn<'running'>, now: Date) => Run,
  step?: Step,
  also?: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await change(runId, parts, async (tx, run) => {
    const now = parts.now();
    if (step) await tx.runs.putStep(step);
    if (also) await also(tx);
    const ended = transition(run, now);
    await afterwards(tx, ended, parts);
    return ended;
  });
}

async function afterwards(tx: Transaction, run: Run, parts: Advancing): Promise<void> {
  const { id: runId, personId, integrationId } = run;
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor: { kind: 'system' },
    what: `run.${run.state}`,
    personId,
    integrationId,
    runId,
  });
  if (run.state === 'retrying') await wake(tx, run, run.dueAt);
  if (run.state === 'succeeded') {
    await tx.access.put(claimed(run, await tx.access.find(personId, integrationId), parts.now()));
  }
  await queueCheck(tx.queue, personId, integrationId);
  await parts.announce(tx, run);
}

/** What a run that succeeded says of the access, until `exists` is asked (or for good, where there is none). */
function claimed(run: Run, before: Access | undefined, now: Date): Access {
  const state = run.kind === 'execute' ? 'has' : 'none';
  return {
    personId: run.personId,
    integrationId: run.integrationId,
    state,
    reason: run.kind === 'execute' ? 'Granted by Latchkey.' : 'Revoked by Latchkey.',
    since: before?.state === state ? before.since : now,
    checkedAt: now,
  };
}

/**
 * Changes the run in one transaction, if it is still ours; then starts the revoke that waited for its end.
 * @returns false where another worker has taken it: then nothing is stored.
 */
async function change(
  runId: string,
  parts: Advancing,
  transition: (tx: Transaction, run: RunIn<'running'>) => Promise<Run>,
): Promise<boolean> {
  return parts.transact(async (tx) => {
    const run = await ours(tx, runId, parts);
    if (!run) return false;
    const next = await transition(tx, run);
    const saved = await tx.runs.save(next);
    if (run.thenRevokeBy && !isUnfinished(saved)) await follow(tx, saved, run.thenRevokeBy, parts);
    await touchRun(tx, saved);
    return true;
  });
}

async function follow(
  tx: Transaction,
  run: Run,
  actor: NonNullable<Run['thenRevokeBy']>,
  parts: Advancing,
): Promise<void> {
  const [person, integration] = [
    await tx.people.find(run.personId),
    await tx.integrations.find(run.integrationId),
  ];
  if (!person || !integration) return;
  const started = await startRevoke(tx, { actor, person, integration }, parts);
  if (started.kind !== 'refused') return;
  // Nobody waits for an answer any more, so that the access stays has to be found somewhere.
  const { id: runId, personId, integrationId } = run;
  await tx.audit.add({
    id: parts.newId(),
    at: parts.now(),
    actor,
    what: 'revoke.refused',
    personId,
    integrationId,
    runId,
    detail: { why: started.why },
  });
}

/** Stores something of the run and renews its lease, if it is still ours. @returns whether it was. */
const storeWhileOurs = (
  runId: string,
  parts: Advancing,
  store: (tx: Transaction) => Promise<void>,
): Promise<boolean> =>
  change(runId, parts, async (tx, run) => {
    await store(tx);
    return renew(run, parts.now());
  });

/** The lease is longer than any exchange, so a part doesn't renew it. */
const putPartWhileOurs = (part: RunFilePart, parts: Advancing): Promise<boolean> =>
  parts.transact(async (tx) => {
    if (!(await ours(tx, part.runId, parts))) return false;
    await tx.files.putPart(part);
    return true;
  });

/** The fence: the run as it is now, if this worker still holds it. */
async function ours(
  tx: Transaction,
  runId: string,
  { workerId }: Advancing,
): Promise<RunIn<'running'> | undefined> {
  const run = await tx.runs.find(runId);
  return run?.state === 'running' && run.workerId === workerId ? run : undefined;
}

async function keepWithPerson(
  tx: Transaction,
  personId: string,
  stored: Readonly<Record<string, Json>>,
): Promise<void> {
  if (Object.keys(stored).length === 0) return;
  const person = await tx.people.find(personId);
  if (person) await tx.people.save({ ...person, stored: { ...person.stored, ...stored } });
}
