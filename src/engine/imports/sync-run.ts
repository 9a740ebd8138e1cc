/**
 * Imports of people from an app. (`file-import.ts` is the import of a file.) Every transition is a pure function of run,
 * event and now.
 *
 * Words. A *sync run* reads the people of an app once, then imports them. A *page* is one answer of the app. A *row* is what
 * one entry of the app's list came to. A *reading* is how the pages ended. A *preview* is a run whose rows an admin chooses
 * from. A *held* run is a scheduled import that would add so many people that an admin has to approve it. A run has phases,
 * in this order: it reads pages, compares with the last complete run, imports, connects managers, tidies up (`syncPhases`).
 * An update only reads and tidies up.
 *
 * | state       | what it means                               | what ends it                                            |
 * |-------------|---------------------------------------------|---------------------------------------------------------|
 * | `queued`    | no worker has it; it may start from `dueAt` | a worker leases it, or it is cancelled                  |
 * | `running`   | a worker holds its lease                    | any other state; another worker, when the lease expires |
 * | `waiting`   | a page failed; the retry is at `dueAt`      | a worker leases it, or it is cancelled                  |
 * | `ready`     | a preview or a held run waits for an admin  | an admin imports or cancels it; a preview expires after |
 * |             |                                             | 1 day, a held run after 7                               |
 * | `done`      | everything that was chosen is imported      | nothing                                                 |
 * | `failed`    | it was given up; `error` says why           | nothing                                                 |
 * | `cancelled` | by an admin, by expiry, or because the      | nothing                                                 |
 * |             | integration was turned off or deleted       |                                                         |
 *
 * Events: `import-held`; `import-ended`, for a scheduled run that changed something, and for the first of several equal
 * failures.
 *
 * Begin with `start-sync.ts` (what admins do), then `advance-sync.ts` (the worker), `judge-rows.ts` and `end-sync.ts`.
 */
import type { Actor } from '../people/directory.ts';
import type { RunError } from '../runs/run.ts';
import { isOpen, type Lease, leaseFor, type Open } from '../work/lease.ts';
import type { RowDetails } from './row-details.ts';

export const syncMoves = {
  /** Nobody works on it; it may start from `dueAt` on. */
  queued: ['running', 'cancelled'],
  /** A worker holds its lease. */
  running: ['running', 'queued', 'waiting', 'ready', 'done', 'failed', 'cancelled'],
  /** Until a page is asked for again. */
  waiting: ['running', 'cancelled'],
  /** Until an admin has decided. */
  ready: ['queued', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
} as const;

export type SyncState = keyof typeof syncMoves;

/**
 * What is done in which order. `comparing`: with the reading before. `connecting`: managers who came further down than
 * their reports. `tidying`: rows of earlier runs that nothing needs any more go. */
export const syncPhases = ['reading', 'comparing', 'importing', 'connecting', 'tidying'] as const;
export type SyncPhase = (typeof syncPhases)[number];

/**
 * How the reading ended: `complete` is the whole truth of the source; `changes` is what changed since an earlier import;
 * `cut-off` is what the page limit let through.
 */
export type Reading = 'complete' | 'changes' | 'cut-off';

export interface SyncCounts {
  /** Rows that were read. */
  readonly rows: number;
  /** People who are not here yet. */
  readonly fresh: number;
  readonly created: number;
  /** They had left, and an admin chose to bring them back. */
  readonly returned: number;
  /** People who are here and got values that they lacked, or that an update brought. */
  readonly updated: number;
  /** Rows that were left out, by reason. */
  readonly skipped: { readonly [R in SkipReason]?: number };
  /** Rows that are taken without a value that can't be used, such as a phone number that is none. */
  readonly partly: number;
  /** People who were imported without their manager: nobody here has that address, or they can't be that. */
  readonly withoutManager: number;
  /** Admins without a manager for whom a row names one: it is not set before an admin says OK. */
  readonly managersOfAdmins: number;
  /** People of earlier readings whom the source no longer has, and of those the ones it had the last time. */
  readonly missing: number;
  readonly newlyMissing: number;
}

export const noCounts: SyncCounts = {
  rows: 0,
  fresh: 0,
  created: 0,
  returned: 0,
  updated: 0,
  skipped: {},
  partly: 0,
  withoutManager: 0,
  managersOfAdmins: 0,
  missing: 0,
  newlyMissing: 0,
};

export interface SyncFacts {
  readonly id: string;
  readonly version: number;
  readonly integrationId: string;
  readonly manifestVersionId: string;
  readonly action: 'create' | 'update';
  /** `preview`: an admin decides who is imported. */
  readonly mode: 'import' | 'preview';
  readonly startedBy: Actor;
  /** The time of its schedule; undefined for one that somebody started. */
  readonly scheduledFor?: Date;
  readonly createdAt: Date;
  readonly phase: SyncPhase;
  /** Pages that were taken over. */
  readonly pages: number;
  readonly counts: SyncCounts;
  /** Undefined until the reading has ended. */
  readonly reading?: Reading;
  /** Sentences for people, redacted. */
  readonly warnings: readonly string[];
  /** How often the page that is next was asked for, and since when. */
  readonly tries: number;
  readonly askedSince?: Date;
  /** The row behind which importing (or connecting) goes on; -1 at the beginning. */
  readonly importedUpTo: number;
  /** Imported people whose manager wasn't here when they came. */
  readonly unconnected: number;
  /** Whoever decided that what was read is imported. */
  readonly approvedBy?: Actor;
  /** How many runs have failed in a row: with this one where it failed, before it where it didn't. One that worked ends the row, whoever started it. */
  readonly failures: number;
  /** The run whose notice tells of this one too, since it failed alike. */
  readonly noticeRunId?: string;
}

/** Why a scheduled import waits: it would make so many people of so many. */
export interface Growth {
  readonly fresh: number;
  /** Active people before it. */
  readonly people: number;
}

export type SyncRun = SyncFacts &
  (
    | { readonly state: 'queued'; readonly dueAt: Date }
    | ({ readonly state: 'running' } & Lease)
    | { readonly state: 'waiting'; readonly dueAt: Date; readonly why: string }
    /** `held`: undefined for a preview. */
    | { readonly state: 'ready'; readonly readyAt: Date; readonly held?: Growth }
    | { readonly state: 'done'; readonly finishedAt: Date }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'cancelled'; readonly finishedAt: Date; readonly cancelledBy: Actor }
  );

export type SyncIn<S extends SyncState> = Extract<SyncRun, { state: S }>;
/** One that is at work: of an integration there is one at most. */
export type SyncAtWork = Open<SyncRun>;
export type EndedSync = SyncIn<'done' | 'failed' | 'cancelled'>;

/** What a row came to. `fill`: they are here and lack what the row says; `updated`: an update changed them. */
export type RowState = 'new' | 'fill' | 'updated' | 'missing' | SkipReason;

export const rowStates: Readonly<Record<RowState, true>> = {
  new: true,
  left: true,
  fill: true,
  updated: true,
  missing: true,
  invalid: true,
  duplicate: true,
  existing: true,
  ignored: true,
  unknown: true,
  unchanged: true,
};

/** One row as it is kept, so that a preview shows it and an import takes it. */
export interface SyncRow {
  readonly runId: string;
  /** 0, 1, 2 … in the order that they were read. */
  readonly seq: number;
  /** Trimmed, lower case; undefined where the row has none. */
  readonly email?: string;
  readonly firstName: string;
  readonly lastName: string;
  /** What else it says of the person. */
  readonly details?: RowDetails;
  readonly state: RowState;
  /** Whether an import takes it. */
  readonly chosen: boolean;
  /** Why it is invalid: a sentence for people. */
  readonly note?: string;
}

/** Longer than a page may take (120 s and a little for storing): a lease is renewed with every page and batch. */
const SYNC_LEASE_MS = 150_000;

export const isAtWork = (run: SyncRun): run is SyncAtWork => isOpen(run);

export const hasEnded = (run: SyncRun): run is EndedSync =>
  run.state === 'done' || run.state === 'failed' || run.state === 'cancelled';

export const leaseSync = (run: SyncAtWork, workerId: string, now: Date): SyncIn<'running'> => ({
  ...facts(run),
  state: 'running',
  ...leaseFor(workerId, now, SYNC_LEASE_MS),
});

/** Goes on where it stands, as soon as there is a worker. */
export const queueSync = (run: SyncIn<'running' | 'ready'>, now: Date): SyncIn<'queued'> => ({
  ...facts(run),
  state: 'queued',
  dueAt: now,
});

export const waitForPage = (
  run: SyncIn<'running'>,
  dueAt: Date,
  why: string,
): SyncIn<'waiting'> => ({ ...facts(run), state: 'waiting', dueAt, why });

export const offerSync = (run: SyncIn<'running'>, now: Date, held?: Growth): SyncIn<'ready'> => ({
  ...facts(run),
  state: 'ready',
  readyAt: now,
  ...(held && { held }),
});

export const finishSync = (run: SyncIn<'running'>, now: Date): SyncIn<'done'> => ({
  ...facts(run),
  state: 'done',
  finishedAt: now,
});

export const failSync = (run: SyncIn<'running'>, error: RunError, now: Date): SyncIn<'failed'> => ({
  ...facts(run),
  state: 'failed',
  finishedAt: now,
  error,
});

/** One that is running notices at its next page or batch, and stops. */
export const cancelSync = (
  run: SyncAtWork | SyncIn<'ready'>,
  cancelledBy: Actor,
  now: Date,
): SyncIn<'cancelled'> => ({ ...facts(run), state: 'cancelled', finishedAt: now, cancelledBy });

/** What the import that the run has become, or would become, makes of the reasons. */
export const skip = (
  skipped: SyncCounts['skipped'],
  reason: SkipReason,
  by = 1,
): SyncCounts['skipped'] => ({ ...skipped, [reason]: (skipped[reason] ?? 0) + by });

function facts(run: SyncRun): SyncFacts {
  const { id, version, integrationId, manifestVersionId, action, mode, startedBy } = run;
  const { scheduledFor, createdAt, phase, pages, counts, reading, warnings } = run;
  const { tries, askedSince, importedUpTo, unconnected, approvedBy, failures, noticeRunId } = run;
  return {
    id,
    version,
    integrationId,
    manifestVersionId,
    action,
    mode,
    startedBy,
    ...(scheduledFor && { scheduledFor }),
    createdAt,
    phase,
    pages,
    counts,
    ...(reading && { reading }),
    warnings,
    tries,
    ...(askedSince && { askedSince }),
    importedUpTo,
    unconnected,
    ...(approvedBy && { approvedBy }),
    failures,
    ...(noticeRunId !== undefined && { noticeRunId }),
  };
}

/** Why a row was left out. `unknown`: an update found nobody with its address; `left`: the person is no longer here. */
export type SkipReason =
  | 'invalid'
  | 'duplicate'
  | 'existing'
  | 'left'
  | 'ignored'
  | 'unknown'
  | 'unchanged';
