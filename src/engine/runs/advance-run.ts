/**
 * Executes a run as far as it can go now. It stores that a step begins before its request leaves, and how it ended before the next
 * one leaves, so a run continues where it stopped when its process dies. Every write is fenced: a worker that lost its lease
 * stores nothing. Storing is most of the time that a run takes, so what follows each other is one transaction:
 *
 * | transaction         | what it stores                                                  |
 * |---------------------|-----------------------------------------------------------------|
 * | `takeRun`           | the lease, and that the first step is being sent                |
 * | `afterStep`         | that it is done, its response, and that the next step is being sent |
 * | `afterStep`, at last | that it is done, the end of the run, and what follows from that |
 *
 * `goOn` is what they share: in a transaction, the next step begins, or the run ends.
 */
import { isWrite } from '../../core/is-write.ts';
import type { Json } from '../../core/json.ts';
import { together } from '../../core/together.ts';
import { noteWrite } from '../access/accounts.ts';
import { cancelUnlessAllowed } from '../access/deferred-grants.ts';
import { saysGone } from '../access/removals/gone-if.ts';
import { isToStop, stopGrant } from '../access/stop-grants.ts';
import { type Context, gatherRun, type RunReads, readForRun } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import { type Described, describeRequest } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/schema.ts';
import { deliveriesOf, storeDeliveries } from '../messages/deliveries.ts';
import type { Integration } from '../people/directory.ts';
import { missingFacts, notRevoked } from '../people/needed-facts.ts';
import type { Http, HttpAnswer, WatchStep } from '../ports/http.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { loseLease } from '../work/lease.ts';
import {
  alone,
  BREAKDOWN_PAUSE_MS,
  brokeDown,
  MAX_BREAKDOWNS,
  stillHeld,
  takeable,
  type Worker,
} from '../work/leased.ts';
import {
  afterwards,
  change,
  type Ending,
  end,
  ended,
  type HeldRun,
  putPartWhileOurs,
  type RunDeps,
  stop,
  store,
} from './change-run.ts';
import {
  type ActiveRun,
  block,
  endAsGone,
  fail,
  handBack,
  isActive,
  lease,
  type Run,
  type RunError,
  type RunIn,
  renew,
  type Step,
  succeed,
} from './run.ts';
import { RunUnit } from './run-unit.ts';
import { type StepToSend, sendStep } from './send-step.ts';
import {
  type Answered,
  type DoneStep,
  interrupted,
  postpone,
  settle,
  storeDone,
} from './settle-step.ts';
import { judgeStep } from './step-outcome.ts';
import { runWork, wake } from './wake-run.ts';
import { whoseAnswer, whoseName } from './whose-account.ts';

export interface AdvanceDeps extends RunDeps, Worker {
  readonly http: Http;
  readonly tokens: Tokens;
  /** Left out: steps are not traced. */
  readonly watchStep?: WatchStep;
}

/** A run in this worker's hands. */
interface Going {
  readonly held: HeldRun;
  readonly context: Context;
  readonly requests: readonly ManifestRequest[];
  /** Of the steps that are done. */
  readonly responses: readonly Json[];
  /** What these steps stored with the person since this worker took the run. */
  readonly stored: Readonly<Record<string, Json>>;
  /** The next step, where an earlier worker began it. */
  readonly earlier: Step | undefined;
  /** When this worker took it from the lane that it was queued in. Left out: its first step has ended. */
  readonly slotTakenAt?: Date;
}

/** What comes next, outside of any transaction. */
type Next =
  | { readonly kind: 'send'; readonly going: Going; readonly sending: StepToSend }
  /** The next step needs a token that may have to be refreshed. */
  | { readonly kind: 'token'; readonly going: Going };

/** Works on the run until it ends, waits or loses its lease. Does nothing when it isn't due or another worker holds it. */
export const advanceRun = (runId: string, deps: AdvanceDeps): Promise<void> =>
  alone({ kind: runWork, id: runId }, deps, async () => {
    let next: Next | undefined;
    try {
      const taken = await deps.transact((tx) => takeRun(tx, runId, deps));
      if (!taken) return;
      next = taken.next;
      while (next)
        next = await (next.kind === 'send' ? sendNext(next, deps) : getToken(next, deps));
    } catch (error) {
      await afterBreakdown(runId, next?.going.responses.length, deps);
      throw error;
    }
    deps.breakdowns.delete(runId);
  });

/** The run as it is to be stored, and what comes next where it continues. */
interface Went {
  readonly run: Run;
  readonly next?: Next | undefined;
}

/** @returns undefined when this worker can't have it now */
async function takeRun(
  tx: Transaction,
  runId: string,
  worker: Pick<AdvanceDeps, 'workerId'>,
): Promise<{ readonly next: Next | undefined } | undefined> {
  const found = await tx.runs.find(runId);
  if (!found || !isActive(found)) return undefined;
  const reads = await readRun(tx, found);
  const isOff = isTurnedOff(found, reads.integration);
  const run = await takeLease(tx, { found, ...reads }, worker);
  if (!run) return undefined;
  // What stops a grant that was turned off changes more than the run.
  const went = await beginRun(run, isOff ? await readRun(tx, run) : reads);
  const saved = await store(went.unit, went.run);
  if (went.next && saved.state === 'running') went.next.going.held.latest = saved;
  return { next: went.next };
}

/** What the run's first transaction reads, at once. */
interface BeginningReads extends RunReads {
  readonly unit: RunUnit;
  /** Of the attempt so far. */
  readonly responses: readonly Json[];
  readonly steps: readonly Step[];
}

async function readRun(tx: Transaction, run: Run): Promise<BeginningReads> {
  const unit = new RunUnit(tx);
  const { id, attempt } = run;
  // Its version is the first until a worker takes it, so no step can have begun before. A retry begins another attempt.
  const isNew = run.version === 1 || run.state === 'retrying';
  const [reads, responses, steps] = await together([
    readForRun(tx, run),
    isNew ? [] : tx.runs.responses(id, attempt),
    isNew ? [] : tx.runs.steps(id, attempt),
    run.kind === 'execute' ? unit.atApp(run) : undefined, // Nearly every first step is a write.
  ]);
  return { ...reads, unit, responses, steps };
}

/** Turning an integration off stops its first hundred runs at once. Another run may get here before it is stopped. */
const isTurnedOff = (run: ActiveRun, integration: Integration | undefined): boolean =>
  integration !== undefined && !integration.enabled && isToStop(run);

/** @returns the run with this worker's lease, which is not stored yet */
async function takeLease(
  tx: Transaction,
  { found, integration }: { found: ActiveRun; integration: Integration | undefined },
  worker: Pick<AdvanceDeps, 'workerId'>,
): Promise<RunIn<'running'> | undefined> {
  const run = isTurnedOff(found, integration)
    ? await stopGrant(tx, found.id, { actor: { kind: 'system' } })
    : found;
  const taken = await takeable(tx, { kind: runWork, item: run }, worker);
  if (!taken) return undefined;
  if (taken.state === 'retrying' && (await cancelUnlessAllowed(tx, taken))) return undefined;
  const newest = integration?.manifestVersionId ?? taken.manifestVersionId;
  return lease(taken, { workerId: worker.workerId, newestManifestVersionId: newest }, tx.now);
}

/** The run begins, or continues where another worker stopped. */
async function beginRun(
  run: RunIn<'running'>,
  reads: BeginningReads,
): Promise<Went & { readonly unit: RunUnit }> {
  const { unit, responses, steps } = reads;
  const { tx } = unit;
  const earlier = steps.find(({ index }) => index === responses.length);
  // First of all: if anything else ended the attempt here, the run would forget that the write may have been done.
  if (earlier?.state === 'sending' && isWrite(earlier))
    return { unit, run: await ended(unit, run, interrupted(earlier, tx.now)) };
  const gathered = await gatherRun(tx, run, reads);
  if (!gathered.ok) {
    const error: RunError = { code: gathered.code, message: gathered.why };
    return { unit, run: await ended(unit, run, inVain(error, earlier, tx.now)) };
  }
  const { context } = gathered;
  const { manifest } = context;
  const hasGenerated = Object.keys(reads.inputs.generated).length > 0;
  unit.known = { manifest, hasGenerated };
  const went = await goOn(unit, run, {
    held: { latest: run, known: unit.known },
    context,
    requests: run.kind === 'execute' ? manifest.execute : manifest.revoke,
    responses,
    stored: {},
    earlier,
    // Before its first step ends, it is in the lane that it was queued in.
    ...(responses.length === 0 && { slotTakenAt: tx.now }),
  });
  return { ...went, unit };
}

/**
 * The next step begins, or the run ends.
 * @param going `isTokenFresh`: the context has a token that is valid for the next step
 */
async function goOn(
  unit: RunUnit,
  run: RunIn<'running'>,
  { isTokenFresh, ...going }: Going & { readonly isTokenFresh?: true },
): Promise<Went> {
  const { tx } = unit;
  const { context, requests, responses, stored, earlier } = going;
  const index = responses.length;
  const spec = requests[index];
  if (!spec) return { run: await ended(unit, run, success(run, going)) };
  const giveUp = async (code: RunError['code'], message: string): Promise<Went> => ({
    run: await ended(unit, run, inVain({ code, message, step: index }, earlier, tx.now)),
  });
  // A look-up with an empty value may find another person, and the next steps would remove that person's access.
  const missing =
    run.kind === 'revoke'
      ? missingFacts(context.manifest, 'revoke', context.variables(responses))
      : [];
  if (missing.length > 0) return giveUp('fact-missing', notRevoked(missing));
  if (run.kind === 'execute' && isWrite(spec)) {
    const variables = context.variables(responses, stored);
    const theirs = await whoseName(unit, run, { context, variables });
    if (theirs !== undefined) return giveUp('not-matched', theirs);
  }
  const hasToken = isTokenFresh ?? going.context.manifest.oauth === undefined;
  if (!hasToken) return { run: renew(run, tx.now), next: { kind: 'token', going } };
  const describe = (known: Context): Described =>
    describeRequest(spec, known.variables(responses, stored), {
      manifest: known.manifest,
      savedFiles: savedFilesOf(requests.slice(0, index)),
    });
  const described = describe(context);
  if (!described.ok) return giveUp('bad-request', context.redact(described.error));
  const interruptions = earlier?.state === 'sending' ? (earlier.interruptions ?? 0) + 1 : 0;
  if (interruptions === MAX_BEGINNINGS) return giveUp('internal', brokeDown());
  const { request, warnings } = described;
  const shown: ShownStep = {
    index,
    method: request.method,
    url: context.redact(request.url),
  };
  const idempotencyKey =
    (spec.polling
      ? undefined
      : (earlier ?? (await unknownBefore(tx, run, shown)))?.idempotencyKey) ?? tx.newId();
  const step: Step = {
    runId: run.id,
    attempt: run.attempt,
    ...shown,
    state: 'sending',
    tries: (earlier?.tries ?? 0) + 1,
    ...(interruptions > 0 && { interruptions }),
    // Time in a queue doesn't count: the repeat window begins with the first sending.
    startedAt: earlier && earlier.tries > 0 ? earlier.startedAt : tx.now,
    warnings,
    ...(isWrite(request) && { idempotencyKey }),
  };
  const sending: StepToSend = { spec, step, request, context, describe };
  const begun = await begin(unit, run, { ...going, ...sending });
  return {
    run: begun,
    next: begun.state === 'running' ? { kind: 'send', going, sending } : undefined,
  };
}

/** Stores that a request is about to leave, and renews the lease. A run that was stopped ends here instead. */
async function begin(
  unit: RunUnit,
  run: RunIn<'running'>,
  {
    step,
    context,
    responses,
    stored,
  }: Pick<StepToSend, 'step' | 'context'> & Pick<Going, 'responses' | 'stored'>,
): Promise<Run> {
  const { tx } = unit;
  if (run.stoppedBy) return stop(unit, run, run.stoppedBy);
  unit.put(step);
  if (isWrite(step) && run.kind === 'execute') {
    const atApp = await unit.atApp(run);
    await noteWrite(tx, run, { atApp, context, variables: context.variables(responses, stored) });
  }
  return renew(run, tx.now);
}

const success = ({ id, kind }: Run, { context, responses, stored }: Going): Ending => {
  const deliveries =
    kind === 'execute' ? deliveriesOf(context, context.variables(responses, stored)) : [];
  return { transition: succeed, also: ({ tx }) => storeDeliveries(tx, id, deliveries) };
};

/** It fails before its next request. */
const inVain = (error: RunError, earlier: Step | undefined, now: Date): Ending => ({
  transition: (run) => fail(run, error, now),
  step: earlier && { ...earlier, state: 'failed', finishedAt: now },
});

const savedFilesOf = (earlier: readonly ManifestRequest[]): ReadonlySet<string> =>
  new Set(earlier.flatMap(({ saveAsFile }) => (saveAsFile === undefined ? [] : [saveAsFile])));

async function getToken(
  { going }: Extract<Next, { kind: 'token' }>,
  deps: AdvanceDeps,
): Promise<Next | undefined> {
  const fresh = await deps.tokens.fresh(going.context);
  const work = async (unit: RunUnit, run: RunIn<'running'>): Promise<Went> => {
    if (fresh.ok) return goOn(unit, run, { ...going, context: fresh.context, isTokenFresh: true });
    const error: RunError = { code: 'no-token', message: fresh.why, step: going.responses.length };
    return { run: await ended(unit, run, inVain(error, going.earlier, unit.tx.now)) };
  };
  return changeAndGoOn(going, deps, { work });
}

/** Sends the request of a step, and stores its outcome with what comes next. */
async function sendNext(
  { going, sending }: Extract<Next, { kind: 'send' }>,
  deps: AdvanceDeps,
): Promise<Next | undefined> {
  const { held, responses, stored, earlier } = going;
  const { spec, request } = sending;
  const { id: runId, kind } = held.latest;
  const { index } = sending.step;
  const { watchStep = unwatched } = deps;
  const integration = sending.context.integration.name;
  const sent = await watchStep({ runId, kind, index, integration }, () =>
    sendStep(sending, {
      ...deps,
      beginAgain: (step, context) => beginAgain(going, { step, context }, deps),
      putPart: (part) => putPartWhileOurs(part, deps),
    }),
  );
  if (!sent) return undefined;
  const { answer, context } = sent;
  if (answer.kind === 'failed' && answer.code === 'host-busy') {
    const message = context.redact(answer.message); // It names the host, which may be a secret.
    await postpone(held, { ...answer, message, earlier, step: sent.step }, deps);
    return undefined;
  }
  const step: Step = { ...sent.step, state: 'done', finishedAt: deps.now() };
  if (kind === 'revoke' && saysGone(context.manifest.goneIf, { index, spec, answer })) {
    await end(held, deps, { transition: endAsGone, step });
    return undefined;
  }
  const outcome = judgeStep({
    spec,
    method: request.method,
    step: sent.step,
    answer,
    now: deps.now(),
    isRevoke: kind === 'revoke',
    app: integration,
    variables: context.variables(responses, stored),
  });
  if (outcome.kind === 'done') return afterStep(going, { step, context, outcome }, deps);
  await settle(held, { step: withReason(sent.step, answer, context), context, outcome }, deps);
  return undefined;
}

/** Why there was no answer, with the host: for technical details. */
const withReason = (step: Step, answer: HttpAnswer, { redact }: Context): Step =>
  answer.kind === 'failed'
    ? { ...step, warnings: [...step.warnings, redact(answer.message)] }
    : step;

/** @returns whether it may be sent */
async function beginAgain(
  going: Going,
  sending: Pick<StepToSend, 'step' | 'context'>,
  deps: AdvanceDeps,
): Promise<boolean> {
  let isBegun = false;
  const isOurs = await change(going.held, deps, async (unit, run) => {
    const begun = await begin(unit, run, { ...going, ...sending });
    isBegun = begun.state === 'running';
    return begun;
  });
  return isOurs && isBegun;
}

/** The step is done: the next one begins in the transaction that says so, or the run ends. */
function afterStep(going: Going, answered: DoneStep, deps: AdvanceDeps): Promise<Next | undefined> {
  const { outcome } = answered;
  const after: Going = {
    ...going,
    context: answered.context,
    responses: [...going.responses, outcome.response],
    stored: { ...going.stored, ...outcome.stored },
    earlier: undefined,
  };
  /** @returns the run where it ends here */
  const storeIt = async (unit: RunUnit, run: RunIn<'running'>): Promise<Run | undefined> => {
    const { context } = answered;
    const theirs = await whoseAnswer(unit, run, { context, stored: outcome.stored });
    if (theirs !== undefined) return ended(unit, run, asTheirs(answered, theirs));
    await storeDone(unit, run, answered);
    return undefined;
  };
  return changeAndGoOn(after, deps, {
    work: async (unit, run) => {
      if (run.kind === 'execute' && !run.stoppedBy && isLast(after) && hasNothing(outcome.stored)) {
        // Nothing of what follows reads what this answer changes, so all of it is asked together.
        const [went] = await together([goOn(unit, run, after), storeDone(unit, run, answered)]);
        return went;
      }
      const over = await storeIt(unit, run);
      if (over) return { run: over };
      // This person's access is being removed, so no further step grants anything and no message goes out.
      if (run.stoppedBy) return { run: await stop(unit, run, run.stoppedBy) };
      return (await makesRoom(unit.tx, after))
        ? { run: await handOver(unit.tx, run) }
        : goOn(unit, run, after);
    },
    // Otherwise a bug in what follows would make a write that is done one whose outcome is unknown.
    instead: async (unit, run) => (await storeIt(unit, run)) ?? renew(run, unit.tx.now),
  });
}

const isLast = ({ responses, requests }: Going): boolean => responses.length === requests.length;
const hasNothing = (stored: object): boolean => Object.keys(stored).length === 0;

/** Another try would be answered with the same account. */
function asTheirs({ step, context }: Answered, message: string): Ending {
  const error: RunError = {
    code: 'not-matched',
    message: context.redact(message),
    step: step.index,
  };
  return {
    transition: (run, now) => block(run, error, now),
    step: { ...step, state: 'failed' },
  };
}

type Work<T> = (unit: RunUnit, run: RunIn<'running'>) => Promise<T>;

/** Changes the run that this worker holds. @returns undefined where it doesn't continue now */
async function changeAndGoOn(
  { held }: Going,
  deps: AdvanceDeps,
  { work, instead }: { readonly work: Work<Went>; readonly instead?: Work<Run> },
): Promise<Next | undefined> {
  let next: Next | undefined;
  const transition: Work<Run> = async (unit, run) => {
    const went = await work(unit, run);
    next = went.next;
    return went.run;
  };
  const isOurs = await change(held, { ...deps, instead }, transition);
  return isOurs ? next : undefined;
}

/**
 * Something broke in Latchkey, not in the app: most likely the database, which may have stored more than we know.
 * The run continues where it stopped, as if its process had died. If it failed instead, the retry would repeat every write.
 * A run that breaks down again and again fails, so that it doesn't hang. The exception is a step that may have been sent:
 * the worker that takes the run next reports its outcome as unknown.
 * @param sent the index of the last step whose request may have left; later ones surely have not
 */
async function afterBreakdown(
  runId: string,
  sent: number | undefined,
  deps: AdvanceDeps,
): Promise<void> {
  const { breakdowns } = deps;
  const times = (breakdowns.get(runId) ?? 0) + 1;
  const goesOn = await deps.transact(async (tx) => {
    const unit = new RunUnit(tx);
    // Where not even the lease could be stored, it is taken here, so that the run doesn't hang without a word.
    const run =
      (await stillHeld(tx, { kind: runWork, id: runId }, deps)) ??
      (await takeLostLease(tx, runId, deps));
    if (!run) return false;
    const steps = await tx.runs.steps(runId, run.attempt);
    const sending = steps.find(({ state }) => state === 'sending');
    const isUnsent = sending !== undefined && sent !== undefined && sending.index > sent;
    if (isUnsent) unit.put({ ...sending, state: 'waiting', tries: sending.tries - 1 });
    const isSending = sending !== undefined && !isUnsent;
    if (times < MAX_BREAKDOWNS || (isSending && times < 2 * MAX_BREAKDOWNS)) {
      const lost = await store(unit, loseLease(run, tx.now));
      await wake(tx, lost, { dueAt: new Date(tx.now.getTime() + BREAKDOWN_PAUSE_MS) });
      return true;
    }
    const failed = fail(run, { code: 'internal', message: brokeDown() }, tx.now);
    await afterwards(unit, failed);
    await store(unit, failed);
    return false;
  });
  if (goesOn) breakdowns.set(runId, times);
  else breakdowns.delete(runId);
}

async function takeLostLease(
  tx: Transaction,
  runId: string,
  deps: AdvanceDeps,
): Promise<RunIn<'running'> | undefined> {
  const found = await tx.runs.find(runId);
  if (!found || !isActive(found)) return undefined;
  return takeLease(
    tx,
    { found, integration: await tx.integrations.find(found.integrationId) },
    deps,
  );
}

/** A step that began this often in a row and never ended probably kills its worker. */
const MAX_BEGINNINGS = 5;

const unwatched: WatchStep = (_, send) => send();

type ShownStep = Pick<Step, 'index' | 'method' | 'url'>;

/**
 * The same write of the previous attempt, if its outcome is unknown. Its idempotency key lets the app recognise it. A newer
 * manifest may have another request at this index, and apps refuse a key that belongs to another request.
 */
async function unknownBefore(
  { runs }: Pick<Transaction, 'runs'>,
  run: RunIn<'running'>,
  { index, method, url }: ShownStep,
): Promise<Step | undefined> {
  if (run.attempt === 1) return undefined;
  const before = await runs.steps(run.id, run.attempt - 1);
  return before.find(
    (step) =>
      step.index === index &&
      step.state === 'unknown' &&
      step.method === method &&
      step.url === url,
  );
}

/** How long a run may keep its slot while others wait for one. Most runs end sooner, and handing them over costs as much again. */
const KEEPS_SLOT_MS = 1000;

/** Whether someone who clicked waits for the slot of this run, and it has had that long enough. */
async function makesRoom(tx: Transaction, going: Going): Promise<boolean> {
  const { slotTakenAt } = going;
  if (slotTakenAt === undefined || isLast(going)) return false;
  if (tx.now.getTime() - slotTakenAt.getTime() < KEEPS_SLOT_MS) return false;
  return tx.queue.isAwaited('interactive');
}

/** The rest of the run waits in the background lane. */
async function handOver(tx: Transaction, run: RunIn<'running'>): Promise<Run> {
  const queued = handBack(run, tx.now);
  await wake(tx, queued, { lane: 'background' });
  return queued;
}
