/**
 * A run is one durable execution of an integration's `execute` or `revoke` for one person. It is a state
 * machine: `moves` is its whole life, and every transition below is a pure function of run, event and now.
 */
import { unreachable } from '../../core/unreachable.ts';
import type { Actor } from '../people/directory.ts';
import { isOpen, type Lease, leaseFor, type Open } from '../work/lease.ts';

export const moves = {
  /** Nobody works on it; it may start from `dueAt` on. */
  queued: ['running', 'cancelled'],
  /** A worker holds its lease. `running`: another takes it over. `queued`: handed back at shutdown. */
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
  /** Between two sendings of one step (a poll, a Retry-After), until `dueAt`; it holds nothing. */
  waiting: ['running', 'cancelled'],
  /** Failed once; runs again, whole, at `dueAt` or when somebody says so. */
  retrying: ['running', 'cancelled'],
  /** A grant behind what is in its way (`access/deferred-grants.ts`); nobody works on it until that has ended. */
  deferred: ['queued', 'cancelled'],
  succeeded: [],
  failed: [],
  /** A `continue_if` that was not met: not retried. */
  blocked: [],
  cancelled: [],
} as const;

/** The states of each outcome, as people ask for them; `failed` and `unknown` are told apart by the error's code. */
export const outcomes = {
  'under-way': ['queued', 'running', 'waiting', 'deferred'],
  succeeded: ['succeeded'],
  failed: ['retrying', 'failed', 'blocked'],
  /** A write left, and no answer came: nobody knows whether it was done. */
  unknown: ['retrying', 'failed'],
  cancelled: ['cancelled'],
} as const satisfies Record<string, readonly (keyof typeof moves)[]>;

export type RunOutcome = keyof typeof outcomes;

export type RunState = keyof typeof moves;
export type NextState<S extends RunState> = (typeof moves)[S][number];
export type FinalState = { [S in RunState]: NextState<S> extends never ? S : never }[RunState];

/** What a run was started with; encrypted at rest. */
export interface RunInputs {
  /** Form values by id: a string, or several of a `multiple_choice`. */
  readonly form: Readonly<Record<string, string | readonly string[]>>;
  /** `generate` values by id, made once, the same in the retry. */
  readonly generated: Readonly<Record<string, string>>;
  /** The form's values as people read them; left out where nobody was shown a form. */
  readonly answers?: readonly Answer[];
  /** For how many days the access was to be given; left out where it has no end. */
  readonly days?: number;
}

/** What a field is called, and what was answered, by the name that it had. */
export interface Answer {
  readonly label: string;
  readonly value: string;
}

export interface RunError {
  readonly code:
    | 'http-status'
    | 'no-answer'
    | 'no-token'
    | 'answers-missing'
    /** Of a revoke: nobody knows a fact about the person that it needs, and nothing was sent. */
    | 'fact-missing'
    | 'bad-request'
    | 'missing-path'
    | 'not-matched'
    | 'unknown-outcome'
    | 'integration-gone'
    | 'internal';
  /** A sentence for people, redacted: what happened, at which step. */
  readonly message: string;
  /** Index of the step, where one is to blame. */
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
  /** Set when its access began to be removed while it was in flight: it is cancelled at its next pause, and tells nobody. */
  readonly stoppedBy?: Actor;
  /** Of a `revoke`: the account that it removes, with the facts that name it; left out where a manifest is tried. */
  readonly accountId?: string;
}

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
        /** Of a revoke: a look-up said that the person has no account, and no later request was sent. */
        readonly foundGone?: true;
      }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'blocked'; readonly finishedAt: Date; readonly error: RunError }
    | {
        readonly state: 'cancelled';
        readonly finishedAt: Date;
        readonly cancelledBy: Actor;
        /** Where Latchkey cancelled it: a sentence for people. */
        readonly why?: string;
      }
  );

export type RunIn<S extends RunState> = Extract<Run, { state: S }>;
export type UnfinishedRun = RunIn<Exclude<RunState, FinalState>>;
/** Begun and not ended: a person has at most one of them at one integration. */
export type ActiveRun = Open<Run>;

/** One HTTP request of one attempt, as it is kept for display: redacted and cut with a visible note. */
export interface Step {
  readonly runId: string;
  readonly attempt: number;
  readonly index: number;
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  /**
   * `sending` before the request leaves, `waiting` between two sendings; `unknown` when it was a write and
   * nobody knows whether it arrived.
   */
  readonly state: 'sending' | 'waiting' | 'done' | 'failed' | 'unknown';
  /** How often it was sent: polls and repeats. */
  readonly tries: number;
  /** How often in a row it was begun and never ended; left out where it wasn't. */
  readonly interruptions?: number;
  /** When it was sent first; while it has yet to be, when its turn should have come. */
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

/** A failed `execute` runs again, whole, one hour later, once. */
export const RETRY_AFTER_MS = 60 * 60 * 1000;
const ATTEMPTS = 2;
/**
 * Longer than one request may take (120 s and a little for storing), since a lease is renewed between requests.
 * A worker that is known to be dead loses its leases at once.
 */
export const LEASE_MS = 150 * 1000;

export const isUnfinished = (run: Run): run is UnfinishedRun =>
  isActive(run) || run.state === 'deferred';

export const isActive = (run: Run): run is ActiveRun => isOpen(run);

/** Whether nobody knows what became of it: a write left, and no answer came. */
export const isUnknown = (
  run: Run,
): run is RunIn<'retrying' | 'failed'> & { readonly error: { readonly code: 'unknown-outcome' } } =>
  (run.state === 'retrying' || run.state === 'failed') && run.error.code === 'unknown-outcome';

/** A worker takes the run. From `retrying` that begins the next attempt, with the integration's newest manifest. */
export function lease(
  run: ActiveRun,
  workerId: string,
  newestManifestVersionId: string,
  now: Date,
): RunIn<'running'> {
  const next =
    run.state === 'retrying'
      ? { attempt: run.attempt + 1, manifestVersionId: newestManifestVersionId }
      : {};
  return { ...facts(run), ...next, ...leaseFor(workerId, now, LEASE_MS), state: 'running' };
}

export function renew(run: RunIn<'running'>, now: Date): RunIn<'running'> {
  return { ...run, ...leaseFor(run.workerId, now, LEASE_MS) };
}

/** Between two sendings of one step. */
export function wait(run: RunIn<'running'>, dueAt: Date, why: string): RunIn<'waiting'> {
  return { ...facts(run), state: 'waiting', dueAt, why };
}

/** At shutdown: goes on where it stood, as soon as there is a worker. */
export function handBack(run: RunIn<'running'>, now: Date): RunIn<'queued'> {
  return { ...facts(run), state: 'queued', dueAt: now };
}

export function succeed(run: RunIn<'running'>, now: Date): RunIn<'succeeded'> {
  return { ...facts(run), state: 'succeeded', finishedAt: now };
}

/** A look-up of a revoke found that there is no account: nothing is left to revoke. */
export function endAsGone(run: RunIn<'running'>, now: Date): RunIn<'succeeded'> {
  return { ...succeed(run, now), foundGone: true };
}

/** A first failure of an `execute` is retried; one that was stopped is not. */
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

/** Without a retry: it would fare like this attempt. */
export const failForGood = (
  run: RunIn<'running'>,
  error: RunError,
  now: Date,
): RunIn<'failed'> => ({ ...facts(run), state: 'failed', finishedAt: now, error });

export function block(run: RunIn<'running'>, error: RunError, now: Date): RunIn<'blocked'> {
  return { ...facts(run), state: 'blocked', finishedAt: now, error };
}

/** Somebody presses Retry now. */
export function expediteRun(run: RunIn<'retrying'>, now: Date): RunIn<'retrying'> {
  return { ...run, dueAt: now };
}

/**
 * The clock went back by so much. Nobody knows which times were made before that, so a run that waits for its next
 * request comes earlier, at once at the earliest: asking too early does no harm. A lease is never longer than one.
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

/** One that is running is cancelled only by the worker that holds it, between two requests. */
export function cancel(run: UnfinishedRun, cancelledBy: Actor, now: Date): RunIn<'cancelled'> {
  return { ...facts(run), state: 'cancelled', finishedAt: now, cancelledBy };
}

/** What was in its way has ended: it starts, with the integration's newest manifest. */
export function promote(
  run: RunIn<'deferred'>,
  manifestVersionId: string,
  now: Date,
): RunIn<'queued'> {
  return { ...facts(run), manifestVersionId, state: 'queued', dueAt: now };
}

/** It can't start, or start again, any more, although nothing is in its way. @param why a sentence for people */
export function refuse(
  run: RunIn<'deferred'> | RunIn<'retrying'>,
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
    ...(stoppedBy && { stoppedBy }),
    ...(accountId !== undefined && { accountId }),
  };
}
