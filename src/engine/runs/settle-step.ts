/** Stores what the answer of a step, or a failure to send it, means for its run. */
import type { Json } from '../../core/json.ts';
import { isWrite } from '../../core/network/is-write.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { noteWritten } from '../access/accounts.ts';
import type { Context } from '../calls/context.ts';
import { BUSY_PAUSE_MS } from '../calls/limits.ts';
import { settleKnown } from '../people/fact-claims.ts';
import { withReadableFacts, withStored } from '../people/stored-values.ts';
import type { HttpFailure } from '../ports/http.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { change, type Ending, end, type HeldRun, type RunDeps, stop } from './change-run.ts';
import { block, fail, type Run, type RunError, type RunIn, type Step, wait } from './run.ts';
import type { RunUnit } from './run-unit.ts';
import type { StepOutcome } from './step-outcome.ts';
import { wake } from './wake-run.ts';

/** A step whose answer came. */
export interface Answered {
  readonly step: Step;
  /** With the token that was used last. */
  readonly context: Context;
}

export type DoneStep = Answered & { readonly outcome: Outcome<'done'> };

type Outcome<K extends StepOutcome['kind']> = Extract<StepOutcome, { readonly kind: K }>;

/** Stores a step that is done, and what it leaves. @param done its step is in its last state */
export async function storeDone(
  unit: RunUnit,
  run: RunIn<'running'>,
  done: DoneStep,
): Promise<void> {
  await storeLast(unit, run, done);
  unit.putResponse(done.step, done.outcome.response);
}

/** The same without its answer, where the run ends with it: only later steps read that. */
export async function storeLast(
  unit: RunUnit,
  run: RunIn<'running'>,
  { step, context, outcome: { stored } }: DoneStep,
): Promise<void> {
  const { tx } = unit;
  unit.put(step);
  const isLast = run.kind === 'execute' && step.index === context.manifest.execute.length - 1;
  // Everywhere a person is locked before an integration.
  const changesPerson = Object.keys(stored).length > 0;
  await together([
    isLast && !changesPerson ? unit.holdIntegration(run) : undefined,
    noteSent(unit, run, { step, context, stored }),
    keepWithPerson(tx, run, stored),
  ]);
}

/** Nothing was sent, because the host's queue was full. The step stays as before, and no try is counted. */
export async function postpone(
  held: HeldRun,
  {
    earlier,
    step,
    message,
    retryAfterMs = BUSY_PAUSE_MS,
  }: HttpFailure & { readonly earlier: Step | undefined; readonly step: Step },
  deps: RunDeps,
): Promise<void> {
  const before: Step = { ...step, ...earlier, state: 'waiting', tries: step.tries - 1 };
  await putOff(held, { step: before, afterMs: retryAfterMs, why: message }, deps);
}

async function putOff(
  held: HeldRun,
  {
    step,
    also = async () => undefined,
    afterMs,
    why,
  }: Pick<Outcome<'again'>, 'afterMs' | 'why'> & {
    readonly step: Step;
    readonly also?: (unit: RunUnit, run: RunIn<'running'>) => Promise<void>;
  },
  deps: RunDeps,
): Promise<void> {
  await change(held, deps, async (unit, run) => {
    unit.put(step);
    await also(unit, run);
    return putOffRun(unit, run, { message: why, retryAfterMs: afterMs });
  });
}

/** The run goes on later, at the step where it is. */
export async function putOffRun(
  unit: RunUnit,
  run: RunIn<'running'>,
  { message, retryAfterMs = BUSY_PAUSE_MS }: Pick<HttpFailure, 'message' | 'retryAfterMs'>,
): Promise<Run> {
  // The removal of the access must not wait for the pauses of this run.
  if (run.stoppedBy) return stop(unit, run, run.stoppedBy);
  const dueAt = new Date(unit.tx.now.getTime() + retryAfterMs);
  const waiting = wait(run, dueAt, message);
  await wake(unit.tx, waiting, { dueAt });
  return waiting;
}

/** Stores the outcome of a step that is not done: it is sent again later, or the attempt ends. */
export async function settle(
  held: HeldRun,
  {
    outcome,
    step,
    context,
  }: Answered & { readonly outcome: Outcome<'again' | 'failed' | 'blocked'> },
  deps: RunDeps,
): Promise<void> {
  const finishedAt = deps.now();
  const noteAnswer = (unit: RunUnit, run: RunIn<'running'>): Promise<void> =>
    noteSent(unit, run, { step, context });
  switch (outcome.kind) {
    case 'again': {
      const why = context.redact(outcome.why);
      const waiting: Step = { ...step, state: 'waiting' };
      await putOff(held, { step: waiting, also: noteAnswer, ...outcome, why }, deps);
      return;
    }
    case 'failed': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(held, deps, {
        transition: (run, now) =>
          fail(run, outcome.unknown ? unknownOutcome(step, error.message) : error, now),
        step: { ...step, state: outcome.unknown ? 'unknown' : 'failed', finishedAt },
        async also(unit, run) {
          if (!outcome.unknown) await noteAnswer(unit, run);
        },
      });
      return;
    }
    case 'blocked': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(held, deps, {
        transition: (run, now) => block(run, error, now),
        step: { ...step, state: 'failed', finishedAt },
        also: noteAnswer,
      });
      return;
    }
    default:
      unreachable(outcome);
  }
}

/** The process died after it sent a write. It may have arrived, so this attempt doesn't send it again. */
export const interrupted = (step: Step, now: Date): Ending => ({
  transition: (run) =>
    fail(run, unknownOutcome(step, t`Latchkey was stopped while the request was on its way.`), now),
  step: { ...step, state: 'unknown', finishedAt: now },
});

function unknownOutcome(step: Step, why: string): RunError {
  return {
    code: 'unknown-outcome',
    message: t`${why} We don't know whether it was done.`,
    step: step.index,
  };
}

/**
 * An answer shows that a write of a grant has ended. A 2xx of a step that is done also shows that the saved credentials work: one that
 * isn't may refuse them with a status that says success.
 */
async function noteSent(
  unit: RunUnit,
  run: RunIn<'running'>,
  sent: {
    readonly step: Step;
    readonly context: Context;
    readonly stored?: Readonly<Record<string, Json>>;
  },
): Promise<void> {
  const { tx } = unit;
  const { step, context, stored = {} } = sent;
  const { status = 0, startedAt } = step;
  // Of a run that is pinned to a version before it says nothing of the newest manifest.
  const isNewest = context.integration.manifestVersionId === run.manifestVersionId;
  const isGranting = run.kind === 'execute' && isWrite(step);
  const [atApp] = await together([
    isGranting ? unit.atApp(run) : undefined,
    isNewest && step.state === 'done' && status >= 200 && status < 300
      ? tx.health.markOk(run.integrationId, tx.now, startedAt)
      : undefined,
  ]);
  if (!atApp) return;
  noteWritten(tx, run, { atApp, context, stored });
  if (REFUSED.includes(status)) await tx.health.forget(run.integrationId, tx.now);
}

/** A token without rights gets these. An earlier 2xx then no longer shows that the credentials work. */
const REFUSED = [401, 403, 404];

async function keepWithPerson(
  tx: Transaction,
  { personId, integrationId }: Run,
  stored: Readonly<Record<string, Json>>,
): Promise<void> {
  if (Object.keys(stored).length === 0) return;
  const person = await tx.people.find(personId);
  if (!person) return;
  const saved = await tx.people.save(withStored(withReadableFacts(person), stored, integrationId));
  await settleKnown(tx, [saved]);
}
