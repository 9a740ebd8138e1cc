/**
 * Executes a run as far as it can go now. It stores when a step begins and how it ends before it does anything else, so a run
 * continues where it stopped when its process dies. Every write is fenced: a worker that lost its lease stores nothing.
 */
import { isWrite } from '../../core/is-write.ts';
import type { Json } from '../../core/json.ts';
import { noteWrite } from '../access/accounts.ts';
import { cancelUnlessAllowed } from '../access/deferred-grants.ts';
import { saysGone } from '../access/removals/gone-if.ts';
import { isToStop, stopGrant } from '../access/stop-grants.ts';
import { type Context, gatherRun } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import { type Described, describeRequest } from '../calls/request.ts';
import type { ManifestRequest } from '../manifest/schema.ts';
import { deliveriesOf, storeDeliveries } from '../messages/deliveries.ts';
import { missingFacts, notRevoked } from '../people/needed-facts.ts';
import type { Http, WatchStep } from '../ports/http.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Variables } from '../templates/variables.ts';
import { loseLease } from '../work/lease.ts';
import {
  alone,
  BREAKDOWN_PAUSE_MS,
  brokeDown,
  MAX_BREAKDOWNS,
  takeable,
  type Worker,
} from '../work/leased.ts';
import { invalidateRun } from '../work/topics.ts';
import {
  afterwards,
  beginStep,
  change,
  end,
  putPartWhileOurs,
  type RunDeps,
} from './change-run.ts';
import {
  endAsGone,
  fail,
  handBack,
  isActive,
  lease,
  type RunError,
  type RunIn,
  renew,
  type Step,
  succeed,
} from './run.ts';
import { sendStep } from './send-step.ts';
import { type Finished, interrupted, type Next, postpone, settle } from './settle-step.ts';
import { judgeStep } from './step-outcome.ts';
import { runWork, wake } from './wake-run.ts';

export interface AdvanceDeps extends RunDeps, Worker {
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
  /** Left out: steps are not traced. */
  readonly watchStep?: WatchStep;
}

/** Works on the run until it ends, waits or loses its lease. Does nothing when it isn't due or another worker holds it. */
export const advanceRun = (runId: string, deps: AdvanceDeps): Promise<void> =>
  alone(runWork, runId, deps, async () => {
    const leased = await deps.transact((tx) => takeLease(tx, runId, deps));
    if (leased) await takeStepsOrFail(leased, deps);
  });

async function takeStepsOrFail(leased: RunIn<'running'>, deps: AdvanceDeps): Promise<void> {
  try {
    await takeSteps(leased, deps);
    deps.breakdowns.delete(leased.id);
  } catch (error) {
    await afterBreakdown(leased, deps);
    throw error;
  }
}

async function takeSteps(leased: RunIn<'running'>, deps: AdvanceDeps): Promise<void> {
  const runId = leased.id;
  const gathered = await gatherRun(deps.stores, leased);
  if (!gathered.ok) {
    const error: RunError = { code: gathered.code, message: gathered.why };
    await end(runId, deps, (run, now) => fail(run, error, now));
    return;
  }
  let { context } = gathered;
  const requests = leased.kind === 'execute' ? context.manifest.execute : context.manifest.revoke;
  const responses = [...(await deps.stores.runs.responses(runId, leased.attempt))];
  const first = responses.length;
  const stored: Record<string, Json> = {};

  for (const [index, spec] of requests.entries()) {
    if (index < first) continue;
    const before: Before = {
      responses,
      stored,
      savedFiles: savedFilesOf(requests.slice(0, index)),
    };
    // Only the first step of a run that someone started by a click is interactive. The rest goes behind the next click.
    const handsOver = index === 0 && requests.length > 1;
    const next = handsOver ? handOver : renew;
    const went = await takeStep(leased, index, spec, before, context, next, deps);
    if (!went || handsOver) return;
    context = went.context;
    responses.push(went.response);
    Object.assign(stored, went.stored);
  }
  const deliveries =
    leased.kind === 'execute' ? deliveriesOf(context, context.variables(responses, stored)) : [];
  await end(runId, deps, succeed, undefined, (tx) => storeDeliveries(tx, runId, deliveries));
}

/** The results of earlier steps. */
interface Before {
  readonly responses: readonly Json[];
  readonly stored: Readonly<Record<string, Json>>;
  readonly savedFiles: ReadonlySet<string>;
}

const savedFilesOf = (earlier: readonly ManifestRequest[]): ReadonlySet<string> =>
  new Set(earlier.flatMap(({ saveAsFile }) => (saveAsFile === undefined ? [] : [saveAsFile])));

/**
 * Something broke in Latchkey, not in the app: most likely the database, which may have stored more than we know.
 * The run continues where it stopped, as if its process had died. If it failed instead, the retry would repeat every write.
 * A run that breaks down again and again fails, so that it doesn't hang. The exception is a step that may have been sent:
 * the worker that takes the run next reports its outcome as unknown.
 */
async function afterBreakdown(leased: RunIn<'running'>, deps: AdvanceDeps): Promise<void> {
  const { stores, breakdowns, now } = deps;
  const steps = await stores.runs.steps(leased.id, leased.attempt);
  const times = (breakdowns.get(leased.id) ?? 0) + 1;
  const isSending = steps.some(({ state }) => state === 'sending');
  const goesOn = times < MAX_BREAKDOWNS || (isSending && times < 2 * MAX_BREAKDOWNS);
  await change(leased.id, deps, async (tx, run) => {
    if (goesOn) {
      const lost = loseLease(run, now());
      await wake(tx, lost, new Date(now().getTime() + BREAKDOWN_PAUSE_MS));
      return lost;
    }
    const failed = fail(run, { code: 'internal', message: brokeDown() }, now());
    await afterwards(tx, failed);
    return failed;
  });
  if (goesOn) breakdowns.set(leased.id, times);
  else breakdowns.delete(leased.id);
}

/** A step that began this often in a row and never ended probably kills its worker. */
const MAX_BEGINNINGS = 5;

async function takeLease(
  tx: Transaction,
  runId: string,
  deps: AdvanceDeps,
): Promise<RunIn<'running'> | undefined> {
  const found = await tx.runs.find(runId);
  if (!found || !isActive(found)) return undefined;
  const integration = await tx.integrations.find(found.integrationId);
  // Turning an integration off stops its first hundred runs at once. Another run may get here before it is stopped.
  const isOff = integration !== undefined && !integration.enabled && isToStop(found);
  const run = isOff ? await stopGrant(tx, runId, { actor: { kind: 'system' } }) : found;
  const taken = await takeable(tx, runWork, run, deps);
  if (!taken) return undefined;
  if (taken.state === 'retrying' && (await cancelUnlessAllowed(tx, taken))) return undefined;
  const newest = integration?.manifestVersionId ?? taken.manifestVersionId;
  const leased = await tx.runs.save(lease(taken, deps.workerId, newest, tx.now));
  await invalidateRun(tx, leased);
  return leased;
}

/** @returns the step's response, or undefined when the run doesn't continue now. */
async function takeStep(
  run: RunIn<'running'>,
  index: number,
  spec: ManifestRequest,
  before: Before,
  gathered: Context,
  next: Next,
  deps: AdvanceDeps,
): Promise<Finished | undefined> {
  const earlier = (await deps.stores.runs.steps(run.id, run.attempt)).find(
    (step) => step.index === index,
  );
  // First of all: if getting a token failed before this, the run would forget that the write may have been done.
  if (earlier?.state === 'sending' && isWrite(spec)) {
    await interrupted(run.id, earlier, deps);
    return undefined;
  }
  const giveUp = (code: RunError['code'], message: string): Promise<void> =>
    end(
      run.id,
      deps,
      (current, now) => fail(current, { code, message, step: index }, now),
      earlier && { ...earlier, state: 'failed', finishedAt: deps.now() },
    );
  // A look-up with an empty value may find another person, and the next steps would remove that person's access.
  const missing =
    run.kind === 'revoke'
      ? missingFacts(gathered.manifest, 'revoke', gathered.variables(before.responses))
      : [];
  if (missing.length > 0) {
    await giveUp('fact-missing', notRevoked(missing));
    return undefined;
  }
  const fresh = await deps.tokens.fresh(gathered);
  if (!fresh.ok) {
    await giveUp('no-token', fresh.why);
    return undefined;
  }
  const { context } = fresh;
  const variablesIn = (known: Context): Variables =>
    known.variables(before.responses, before.stored);
  const describe = (known: Context): Described =>
    describeRequest(spec, known.manifest, variablesIn(known), before);
  const described = describe(context);
  if (!described.ok) {
    await giveUp('bad-request', context.redact(described.error));
    return undefined;
  }
  const write = isWrite(described.request);
  const interruptions = earlier?.state === 'sending' ? (earlier.interruptions ?? 0) + 1 : 0;
  if (interruptions === MAX_BEGINNINGS) {
    await giveUp('internal', brokeDown());
    return undefined;
  }
  const shown: ShownStep = {
    index,
    method: described.request.method,
    url: context.redact(described.request.url),
  };
  const idempotencyKey =
    (spec.polling
      ? undefined
      : (earlier ?? (await unknownBefore(run, shown, deps)))?.idempotencyKey) ?? deps.newId();
  const step: Step = {
    runId: run.id,
    attempt: run.attempt,
    ...shown,
    state: 'sending',
    tries: (earlier?.tries ?? 0) + 1,
    ...(interruptions > 0 && { interruptions }),
    // Time in a queue doesn't count: the repeat window begins with the first sending.
    startedAt: earlier && earlier.tries > 0 ? earlier.startedAt : deps.now(),
    warnings: described.warnings,
    ...(write && { idempotencyKey }),
  };
  const { watchStep = unwatched } = deps;
  const watched = { runId: run.id, kind: run.kind, index, integration: context.integration.name };
  const sent = await watchStep(watched, () =>
    sendStep(
      { spec, step, request: described.request, context, describe },
      {
        ...deps,
        begin: (begun) =>
          beginStep(begun, deps, async (tx) => {
            if (write && run.kind === 'execute')
              await noteWrite(tx, run, { context, variables: variablesIn(context) });
          }),
        putPart: (part) => putPartWhileOurs(part, deps),
      },
    ),
  );
  if (!sent) return undefined;
  const { answer } = sent;
  if (answer.kind === 'failed' && answer.code === 'host-busy') {
    await postpone(run.id, earlier, sent.step, answer, deps);
    return undefined;
  }
  const answered = { index, spec, answer };
  if (run.kind === 'revoke' && saysGone(sent.context.manifest.goneIf, answered)) {
    const finishedAt = deps.now();
    await end(run.id, deps, endAsGone, { ...sent.step, state: 'done', finishedAt });
    return undefined;
  }
  const outcome = judgeStep({
    spec,
    method: described.request.method,
    step: sent.step,
    answer,
    now: deps.now(),
    variables: variablesIn(sent.context),
  });
  return settle(run.id, sent.step, outcome, sent.context, next, deps);
}

const unwatched: WatchStep = (_, send) => send();

type ShownStep = Pick<Step, 'index' | 'method' | 'url'>;

/**
 * The same write of the previous attempt, if its outcome is unknown. Its idempotency key lets the app recognise it. A newer
 * manifest may have another request at this index, and apps refuse a key that belongs to another request.
 */
async function unknownBefore(
  run: RunIn<'running'>,
  { index, method, url }: ShownStep,
  { stores }: AdvanceDeps,
): Promise<Step | undefined> {
  if (run.attempt === 1) return undefined;
  const before = await stores.runs.steps(run.id, run.attempt - 1);
  return before.find(
    (step) =>
      step.index === index &&
      step.state === 'unknown' &&
      step.method === method &&
      step.url === url,
  );
}

/** Runs in the transaction that stores the first step. */
const handOver: Next = async (run, now, tx) => {
  const queued = handBack(run, now);
  await wake(tx, queued, now, 'background');
  return queued;
};
