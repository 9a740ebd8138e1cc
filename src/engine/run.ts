/**
 * A run is one durable execution of an integration's `execute` or `revoke` for one person. It is a state
 * machine: `moves` is its whole life, and every transition below is a pure function of run, event and now.
 */
import type { Json } from '../core/json.ts';
import type { Actor } from './directory.ts';

export const moves = {
  /** Nobody works on it; it may start from `dueAt` on. */
  queued: ['running', 'cancelled'],
  /** A worker holds its lease. `queued`: handed back at shutdown, to go on where it stood. */
  running: ['queued', 'waiting', 'retrying', 'succeeded', 'failed', 'blocked', 'cancelled'],
  /** Between two sendings of one step (a poll, a Retry-After), until `dueAt`; it holds nothing. */
  waiting: ['running', 'cancelled'],
  /** Failed once; runs again, whole, at `dueAt`. */
  retrying: ['running', 'queued', 'cancelled'],
  succeeded: [],
  failed: [],
  /** A `continue_if` that was not met: not retried. */
  blocked: [],
  cancelled: [],
} as const;

export type RunState = keyof typeof moves;
export type NextState<S extends RunState> = (typeof moves)[S][number];
export type FinalState = { [S in RunState]: NextState<S> extends never ? S : never }[RunState];

/** What a run was started with; encrypted at rest. */
export interface RunInputs {
  /** Form values by id: a string, or several of a `multiple_choice`. */
  readonly form: Readonly<Record<string, string | readonly string[]>>;
  /** `generate` values by id, made once, the same in the retry. */
  readonly generated: Readonly<Record<string, string>>;
}

export interface RunError {
  readonly code:
    | 'http-status'
    | 'no-answer'
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
  /** Set when a revoke came while an `execute` was in flight: it starts as soon as this run has ended. */
  readonly thenRevokeBy?: Actor;
}

export type Run = RunFacts &
  (
    | { readonly state: 'queued'; readonly dueAt: Date }
    | { readonly state: 'running'; readonly workerId: string; readonly leasedUntil: Date }
    | { readonly state: 'waiting'; readonly dueAt: Date }
    | { readonly state: 'retrying'; readonly dueAt: Date; readonly error: RunError }
    | { readonly state: 'succeeded'; readonly finishedAt: Date }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'blocked'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'cancelled'; readonly finishedAt: Date; readonly cancelledBy: Actor }
  );

export type RunIn<S extends RunState> = Extract<Run, { state: S }>;
export type UnfinishedRun = RunIn<Exclude<RunState, FinalState>>;

/** One HTTP request of one attempt, as it is kept for display: redacted and cut with a visible note. */
export interface Step {
  readonly runId: string;
  readonly attempt: number;
  readonly index: number;
  readonly method: string;
  /** Redacted. */
  readonly url: string;
  /** `sending` before the request leaves; `unknown` when it was a write and nobody knows whether it arrived. */
  readonly state: 'sending' | 'done' | 'failed' | 'unknown';
  /** How often it was sent: polls and repeats. */
  readonly tries: number;
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

/** A run's parsed answers by step index, as `responses.N` sees them. */
export type Responses = readonly Json[];
