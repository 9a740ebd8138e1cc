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
import { together } from '../../core/together.ts';
import { saysGone } from '../access/removals/gone-if.ts';
import type { Context } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import type { Http, HttpAnswer, WatchStep } from '../ports/http.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { loseLease } from '../work/lease.ts';
import {
  alone,
  BREAKDOWN_PAUSE_MS,
  brokeDown,
  MAX_BREAKDOWNS,
  stillHeld,
  type Worker,
} from '../work/leased.ts';
import { begin, type Going, goOn, inVain, type Next, type Went } from './begin-step.ts';
import {
  afterwards,
  change,
  type Ending,
  end,
  ended,
  putPartWhileOurs,
  type RunDeps,
  stop,
  store,
} from './change-run.ts';
import {
  block,
  endAsGone,
  fail,
  handBack,
  type Run,
  type RunAbout,
  type RunError,
  type RunIn,
  renew,
  type Step,
} from './run.ts';
import { RunUnit } from './run-unit.ts';
import { type StepToSend, sendStep } from './send-step.ts';
import {
  type Answered,
  type DoneStep,
  postpone,
  putOffRun,
  settle,
  storeDone,
  storeLast,
} from './settle-step.ts';
import { judgeStep } from './step-outcome.ts';
import { takeLostLease, takeRun } from './take-run.ts';
import { runWork, wake } from './wake-run.ts';
import { whoseAnswer } from './whose-account.ts';

export interface AdvanceDeps extends RunDeps, Worker {
  readonly http: Http;
  readonly tokens: Tokens;
  /** Left out: steps are not traced. */
  readonly watchStep?: WatchStep;
}

/**
 * Works on the run until it ends, waits or loses its lease. Does nothing when it isn't due or another worker holds it.
 * @param about left out: it is looked up
 */
export const advanceRun = (runId: string, deps: AdvanceDeps, about?: RunAbout): Promise<void> =>
  alone({ kind: runWork, id: runId }, deps, async () => {
    let next: Next | undefined;
    try {
      const taken = await deps.transact((tx) => takeRun(tx, { runId, about }, deps));
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

async function getToken(
  { going }: Extract<Next, { kind: 'token' }>,
  deps: AdvanceDeps,
): Promise<Next | undefined> {
  const fresh = await deps.tokens.fresh(going.context);
  const work = async (unit: RunUnit, run: RunIn<'running'>): Promise<Went> => {
    if (fresh.ok) return goOn(unit, run, { ...going, context: fresh.context, isTokenFresh: true });
    if (fresh.busy) return { run: await putOffRun(unit, run, fresh.busy) };
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
      beginAgain: (step, context) => beginAgain(going, { step, context }, deps),
      putPart: (part) => putPartWhileOurs(part, deps),
      ...deps,
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
        const [went] = await together([goOn(unit, run, after), storeLast(unit, run, answered)]);
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
  const isOurs = await change(held, { instead, ...deps }, transition);
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

const unwatched: WatchStep = (_, send) => send();

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
