/**
 * A run is one durable execution of an integration's `execute` (a grant) or `revoke` for one person.
 *
 * Words. A *step* is one HTTP request of a run. An *attempt* is all steps from the first on; a grant that fails gets a second
 * attempt. A *write* is a request that may change something in the app. An outcome is *unknown* when a write was sent and no
 * answer came. A run is *active* from `queued` to `retrying`; a person has at most one active run per integration. A run is
 * *stopped* when its access is being removed: `stoppedBy` is set, and the run is cancelled before its next request.
 *
 * | state     | what it means                                                      | what ends it                           |
 * |-----------|--------------------------------------------------------------------|----------------------------------------|
 * | queued    | no worker has it; it may start from `dueAt` on                     | a worker takes it; a person cancels it |
 * | running   | a worker holds its lease and sends its steps                       | its last step, a pause or an error; another worker, if this one dies |
 * | waiting   | a pause within one step (a poll, a Retry-After), until `dueAt`     | `dueAt`; a cancel                      |
 * | retrying  | the first attempt of a grant failed; the second starts at `dueAt`  | `dueAt`; Retry now; a cancel           |
 * | deferred  | a grant that waits (`InTheWay` in `access/deferred-grants.ts`)      | what it waits for ends; a cancel       |
 * | succeeded | every step is done                                                 | final                                  |
 * | failed    | it failed, and it is not retried                                   | final                                  |
 * | blocked   | a `continue_if` was not met, so a retry would not help             | final                                  |
 * | cancelled | a person or Latchkey cancelled it                                  | final                                  |
 *
 * Events: `run-ended`, whenever an attempt that a worker held ends (also in `retrying`). A run that nobody works on is
 * cancelled without an event. Live cards follow a run by `runTopic`.
 *
 * Where to begin: `moves` below lists every transition, and each transition is a pure function in this file. `advance-run.ts`
 * executes a run: `take-run.ts` takes it, `begin-step.ts` begins its next step, `send-step.ts` sends that, `step-outcome.ts` judges
 * the answer, `settle-step.ts` stores the result, and `change-run.ts` has what follows from the end. Grants start in
 * `access/grant.ts`, revokes in `access/removals`.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import { HOUR_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Actor } from '../people/directory.ts';
import { isOpen, type Lease, leaseFor, type Open } from '../work/lease.ts';

export const moves = {
  queued: ['running', 'cancelled'],
  /** `running`: another worker takes it over. `queued`: handed back at shutdown, or after the first step. */
  running: [
    'running',
    'queued',
    'waiting',
    'retrying',
    'succeeded',
    'failed',
    'blocked',
    'cancelled',
  ],
  waiting: ['running', 'cancelled'],
  retrying: ['running', 'cancelled'],
  /** See `access/deferred-grants.ts`. */
  deferred: ['queued', 'cancelled'],
  succeeded: [],
  failed: [],
  blocked: [],
  cancelled: [],
} as const;

/** The states behind each outcome that people filter by. The error's code tells `failed` from `unknown`. */
export const outcomes = {
  'under-way': ['queued', 'running', 'waiting', 'deferred'],
  succeeded: ['succeeded'],
  failed: ['retrying', 'failed', 'blocked'],
  /** A write was sent, and no answer came. */
  unknown: ['retrying', 'failed'],
  cancelled: ['cancelled'],
} as const satisfies Record<string, readonly (keyof typeof moves)[]>;

export type RunOutcome = keyof typeof outcomes;

export type RunState = keyof typeof moves;
export type NextState<S extends RunState> = (typeof moves)[S][number];
export type FinalState = { [S in RunState]: NextState<S> extends never ? S : never }[RunState];

/** By the ids of the fields. A `multiple_choice` has a list. */
export const formValues = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
/** A field's label, and the label of the answer. Both as they were at that time. */
export const shownAnswers = z.array(z.object({ label: z.string(), value: z.string() }));
export type Answer = DeepReadonly<z.output<typeof shownAnswers>>[number];

/** What a run was started with; encrypted at rest. */
export interface RunInputs {
  readonly form: DeepReadonly<z.output<typeof formValues>>;
  /** `generate` values by id. They are made once, so the retry has the same. */
  readonly generated: Readonly<Record<string, string>>;
  /** The form's values as people read them. Left out when no form was shown. */
  readonly answers?: readonly Answer[];
  /** How many hours the access lasts. Left out when it has no end date. */
  readonly hours?: number;
}

export const errorCodes = [
  'http-status',
  'no-answer',
  'no-token',
  'answers-missing',
  /** A revoke needs a fact about the person that Latchkey doesn't have. Nothing was sent. */
  'fact-missing',
  'bad-request',
  'missing-path',
  'not-matched',
  'unknown-outcome',
  'integration-gone',
  'internal',
] as const;

export interface RunError {
  readonly code: (typeof errorCodes)[number];
  /** A sentence for people, redacted: what happened, at which step. */
  readonly message: string;
  /** The host and what it said, redacted, for Technical details. A run's steps have it; an import has no steps. */
  readonly detail?: string;
  /** Index of the step that failed. Left out when no step did. */
  readonly step?: number;
}

export interface RunFacts {
  readonly id: string;
  readonly version: number;
  readonly kind: 'execute' | 'revoke';
  readonly integrationId: string;
  readonly personId: string;
  readonly manifestVersionId: string;
  readonly startedBy: Actor;
  readonly createdAt: Date;
  /** 1, and 2 in the retry. */
  readonly attempt: number;
  /** Set when the removal of its access begins while it runs. It is cancelled before its next request, and notifies nobody. */
  readonly stoppedBy?: Actor;
  /** The account that a `revoke` removes. Left out when an admin tries a manifest. */
  readonly accountId?: string;
}

/** What decides what its first transaction reads. Its manifest may be a newer one by then. */
export type RunAbout = Pick<
  RunFacts,
  'personId' | 'integrationId' | 'manifestVersionId' | 'accountId'
>;

export type Run = RunFacts &
  (
    | { readonly state: 'queued'; readonly dueAt: Date }
    | ({ readonly state: 'running' } & Lease)
    | {
        readonly state: 'waiting';
        readonly dueAt: Date;
        /** A sentence for people, redacted: what it waits for. */
        readonly why: string;
      }
    | { readonly state: 'retrying'; readonly dueAt: Date; readonly error: RunError }
    | { readonly state: 'deferred' }
    | {
        readonly state: 'succeeded';
        readonly finishedAt: Date;
        /** A look-up of a revoke found no account, so the revoke sent no later request. */
        readonly foundGone?: true;
      }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'blocked'; readonly finishedAt: Date; readonly error: RunError }
    | {
        readonly state: 'cancelled';
        readonly finishedAt: Date;
        readonly cancelledBy: Actor;
        /** A sentence for people. Only when Latchkey cancelled it. */
        readonly why?: string;
      }
  );

export type RunIn<S extends RunState> = Extract<Run, { state: S }>;
export type UnfinishedRun = RunIn<Exclude<RunState, FinalState>>;
/** A person has at most one of them per integration. */
export type ActiveRun = Open<Run>;

export const stepStates = {
  sending: true,
  waiting: true,
  done: true,
  failed: true,
  unknown: true,
} as const;

/** One HTTP request of one attempt, as it is kept for display: redacted, and cut with a visible note. */
export interface Step {
  readonly runId: string;
  readonly attempt: number;
  readonly index: number;
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  /** `sending` is stored before the request leaves. `waiting`: a pause before it is sent again. `unknown`: a write got no answer. */
  readonly state: keyof typeof stepStates;
  /** How often it was sent, polls and repeats included. */
  readonly tries: number;
  /** How often in a row it began and never ended. Left out for 0. */
  readonly interruptions?: number;
  /** When it was first sent. Before that: when it was first due. */
  readonly startedAt: Date;
  readonly finishedAt?: Date;
  /** HTTP status of the last answer. */
  readonly status?: number;
  /** The last answer's body. */
  readonly responseText?: string;
  readonly warnings: readonly string[];
  /** Sent as `Idempotency-Key` with writes. */
  readonly idempotencyKey?: string;
}

/** A failed `execute` gets one retry, from its first step, an hour later. */
export const RETRY_AFTER_MS = HOUR_MS;
const ATTEMPTS = 2;
/**
 * Longer than one request (120 s) and the time to store its answer, because a worker renews its lease between requests.
 * A worker that is known to be dead loses its leases at once.
 */
export const LEASE_MS = 150 * 1000;

export const isUnfinished = (run: Run): run is UnfinishedRun =>
  isActive(run) || run.state === 'deferred';

export const isActive = (run: Run): run is ActiveRun => isOpen(run);

/** Whether a write was sent and no answer came. */
export const isUnknown = (
  run: Run,
): run is RunIn<'retrying' | 'failed'> & { readonly error: { readonly code: 'unknown-outcome' } } =>
  (run.state === 'retrying' || run.state === 'failed') && run.error.code === 'unknown-outcome';

/** A worker takes the run. A `retrying` run begins its next attempt, with the integration's newest manifest. */
export function lease(
  run: ActiveRun,
  {
    workerId,
    newestManifestVersionId,
  }: { readonly workerId: string; readonly newestManifestVersionId: string },
  now: Date,
): RunIn<'running'> {
  const next =
    run.state === 'retrying'
      ? { attempt: run.attempt + 1, manifestVersionId: newestManifestVersionId }
      : {};
  return { state: 'running', ...facts(run), ...next, ...leaseFor(workerId, now, LEASE_MS) };
}

export function renew(run: RunIn<'running'>, now: Date): RunIn<'running'> {
  return { ...run, ...leaseFor(run.workerId, now, LEASE_MS) };
}

export function wait(run: RunIn<'running'>, dueAt: Date, why: string): RunIn<'waiting'> {
  return { ...facts(run), state: 'waiting', dueAt, why };
}

/** The next worker continues at the step where this one stopped. */
export function handBack(run: RunIn<'running'>, now: Date): RunIn<'queued'> {
  return { ...facts(run), state: 'queued', dueAt: now };
}

export function succeed(run: RunIn<'running'>, now: Date): RunIn<'succeeded'> {
  return { state: 'succeeded', finishedAt: now, ...facts(run) };
}

/** A look-up of a revoke found no account, so nothing is left to revoke. */
export function endAsGone(run: RunIn<'running'>, now: Date): RunIn<'succeeded'> {
  return { ...succeed(run, now), foundGone: true };
}

/** The first failure of an `execute` is retried, unless the run was stopped. */
export function fail(
  run: RunIn<'running'>,
  error: RunError,
  now: Date,
): RunIn<'retrying'> | RunIn<'failed'> {
  return run.kind === 'execute' && run.attempt < ATTEMPTS && !run.stoppedBy
    ? {
        ...facts(run),
        state: 'retrying',
        dueAt: new Date(now.getTime() + RETRY_AFTER_MS),
        error,
      }
    : { ...facts(run), state: 'failed', finishedAt: now, error };
}

/** Without a retry, which would fail in the same way. */
export const failForGood = (
  run: RunIn<'running'>,
  error: RunError,
  now: Date,
): RunIn<'failed'> => ({ ...facts(run), state: 'failed', finishedAt: now, error });

export function block(run: RunIn<'running'>, error: RunError, now: Date): RunIn<'blocked'> {
  return { ...facts(run), state: 'blocked', finishedAt: now, error };
}

/** Its retry would fail in the same way now. */
export function retryLater(run: RunIn<'retrying'>, now: Date): RunIn<'retrying'> {
  return { ...run, dueAt: new Date(now.getTime() + RETRY_AFTER_MS) };
}

/** Its retry is due now. */
export function expediteRun(run: RunIn<'retrying'>, now: Date): RunIn<'retrying'> {
  return { ...run, dueAt: now };
}

/**
 * The clock went back by `byMs`. A stored time may be from before that, so every waiting run becomes due earlier, but not
 * before now. A request that comes too early does no harm. A lease is cut to `LEASE_MS` from now.
 */
export function bringDueForward(run: ActiveRun, byMs: number, now: Date): ActiveRun {
  switch (run.state) {
    case 'queued':
    case 'waiting':
      if (run.dueAt <= now) return run;
      return { ...run, dueAt: new Date(Math.max(now.getTime(), run.dueAt.getTime() - byMs)) };
    case 'running':
      return run.leasedUntil.getTime() > now.getTime() + LEASE_MS ? renew(run, now) : run;
    case 'retrying':
      return run;
    default:
      return unreachable(run);
  }
}

/** Only the worker that holds a running run may cancel it, between two requests. */
export function cancel(run: UnfinishedRun, cancelledBy: Actor, now: Date): RunIn<'cancelled'> {
  return { ...facts(run), state: 'cancelled', finishedAt: now, cancelledBy };
}

/** The run or removal before it has ended, so it starts with the integration's newest manifest. */
export function promote(
  run: RunIn<'deferred'>,
  manifestVersionId: string,
  now: Date,
): RunIn<'queued'> {
  return { ...facts(run), manifestVersionId, state: 'queued', dueAt: now };
}

/** It may no longer start or go on, for example because the person has left. @param why a sentence for people */
export function refuse(
  run: Exclude<UnfinishedRun, RunIn<'running'>>,
  why: string,
  now: Date,
): RunIn<'cancelled'> {
  return { ...cancel(run, { kind: 'system' }, now), why };
}

function facts(run: Run): RunFacts {
  const { id, version, kind, integrationId, personId, manifestVersionId } = run;
  const { startedBy, createdAt, attempt, stoppedBy, accountId } = run;
  return {
    id,
    version,
    kind,
    integrationId,
    personId,
    manifestVersionId,
    startedBy,
    createdAt,
    attempt,
    stoppedBy,
    accountId,
  };
}
