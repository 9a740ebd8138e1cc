/** Stores what the answer of a step, or a failure to send it, means for its run. */
import { isWrite } from '../../core/is-write.ts';
import type { Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { noteWritten } from '../access/accounts.ts';
import type { Context } from '../calls/context.ts';
import { BUSY_PAUSE_MS } from '../calls/limits.ts';
import { settleKnown } from '../people/fact-claims.ts';
import { withStored } from '../people/stored-values.ts';
import type { HttpFailure } from '../ports/http.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { change, end, type RunDeps, stop } from './change-run.ts';
import { block, fail, type Run, type RunError, type RunIn, type Step, wait } from './run.ts';
import type { StepOutcome } from './step-outcome.ts';
import { wake } from './wake-run.ts';

/** What a step that is done leaves for later steps. The context has the token that was used last. */
export type Finished = Pick<Extract<StepOutcome, { kind: 'done' }>, 'response' | 'stored'> & {
  readonly context: Context;
};

/** The run's state after a step that is done. Called in the transaction that stores the step. */
export type Next = (run: RunIn<'running'>, now: Date, tx: Transaction) => Run | Promise<Run>;

/** Nothing was sent, because the host's queue was full. The step stays as before, and no try is counted. */
export async function postpone(
  runId: string,
  earlier: Step | undefined,
  step: Step,
  { message, retryAfterMs = BUSY_PAUSE_MS }: HttpFailure,
  deps: RunDeps,
): Promise<void> {
  const before: Step = { ...step, ...earlier, state: 'waiting', tries: step.tries - 1 };
  await putOff(runId, before, retryAfterMs, message, deps);
}

async function putOff(
  runId: string,
  step: Step,
  afterMs: number,
  why: string,
  deps: RunDeps,
  also: (tx: Transaction, run: RunIn<'running'>) => Promise<void> = async () => undefined,
): Promise<void> {
  const dueAt = new Date(deps.now().getTime() + afterMs);
  await change(runId, deps, async (tx, run) => {
    await tx.runs.putStep(step);
    await also(tx, run);
    // The removal of the access must not wait for the pauses of this run.
    if (run.stoppedBy) return stop(tx, run, run.stoppedBy);
    const waiting = wait(run, dueAt, why);
    await wake(tx, waiting, dueAt);
    return waiting;
  });
}

/** Stores the outcome of the step and the run's next state. @param next the run's state after a step that is done */
export async function settle(
  runId: string,
  step: Step,
  outcome: StepOutcome,
  context: Context,
  next: Next,
  deps: RunDeps,
): Promise<Finished | undefined> {
  const finishedAt = deps.now();
  switch (outcome.kind) {
    case 'done': {
      const stored = await change(runId, deps, async (tx, run) => {
        await tx.runs.putStep({ ...step, state: 'done', finishedAt });
        await tx.runs.insertResponse(runId, step.attempt, step.index, outcome.response);
        await keepWithPerson(tx, run, outcome.stored);
        await noteSent(tx, run, { step, context, stored: outcome.stored });
        // This person's access is being removed, so no further step grants anything and no message goes out.
        return run.stoppedBy ? stop(tx, run, run.stoppedBy) : next(run, tx.now, tx);
      });
      return stored ? { ...outcome, context } : undefined;
    }
    case 'again':
      await putOff(
        runId,
        { ...step, state: 'waiting' },
        outcome.afterMs,
        context.redact(outcome.why),
        deps,
        (tx, run) => noteSent(tx, run, { step, context }),
      );
      return undefined;
    case 'failed': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(
        runId,
        deps,
        (run, now) => fail(run, outcome.unknown ? unknownOutcome(step, error.message) : error, now),
        { ...step, state: outcome.unknown ? 'unknown' : 'failed', finishedAt },
        async (tx, run) => {
          if (!outcome.unknown) await noteSent(tx, run, { step, context });
        },
      );
      return undefined;
    }
    case 'blocked': {
      const error = { ...outcome.error, message: context.redact(outcome.error.message) };
      await end(
        runId,
        deps,
        (run, now) => block(run, error, now),
        { ...step, state: 'failed', finishedAt },
        (tx, run) => noteSent(tx, run, { step, context }),
      );
      return undefined;
    }
    default:
      return unreachable(outcome);
  }
}

/** The process died after it sent a write. It may have arrived, so this attempt doesn't send it again. */
export const interrupted = (runId: string, step: Step, deps: RunDeps): Promise<void> =>
  end(
    runId,
    deps,
    (run, now) =>
      fail(run, unknownOutcome(step, t`Latchkey was stopped while it was on its way.`), now),
    { ...step, state: 'unknown', finishedAt: deps.now() },
  );

function unknownOutcome(step: Step, why: string): RunError {
  return {
    code: 'unknown-outcome',
    message: t`${step.method} ${step.url} has an unknown outcome: it may have been done, or not. ${why}`,
    step: step.index,
  };
}

/** An answer shows that a write of a grant has ended. A 2xx also shows that the saved credentials work. */
async function noteSent(
  tx: Transaction,
  run: RunIn<'running'>,
  sent: {
    readonly step: Step;
    readonly context: Context;
    readonly stored?: Readonly<Record<string, Json>>;
  },
): Promise<void> {
  const { step, context, stored = {} } = sent;
  const { status = 0 } = step;
  if (run.kind === 'execute' && isWrite(step)) {
    await noteWritten(tx, run, { context, stored });
    if (REFUSED.includes(status)) await tx.health.forget(run.integrationId);
  }
  if (status >= 200 && status < 300) await tx.health.markOk(run.integrationId, tx.now);
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
  const saved = await tx.people.save(withStored(person, stored, integrationId));
  await settleKnown(tx, [saved]);
}
