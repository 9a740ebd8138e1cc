/**
 * Imports of people from an app. (`file-import.ts` is the import of a file.) Every transition is a pure function of run,
 * event and now.
 *
 * Words. A *sync run* reads the people of an app once, then imports them. A *page* is one answer of the app. A *row* is what
 * one entry of the app's list came to. A *reading* is how the pages ended. A *preview* is a run whose rows an admin chooses
 * from. A *held* run is a scheduled import that would add or change so many people that an admin has to approve it. A run has phases,
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
 * | `cancelled` | by an admin, by expiry, by a newer import   | nothing                                                 |
 * |             | that is done, or because the                |                                                         |
 * |             | integration was turned off or deleted       |                                                         |
 *
 * Events: `import-held`; `import-ended`, for a scheduled run that changed something, and for the first of several equal
 * failures.
 *
 * Begin with `start-sync.ts` (what admins do), then `advance-sync.ts` (the worker), `judge-rows.ts` and `end-sync.ts`.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import type { Actor } from '../people/directory.ts';
import type { RunError } from '../runs/run.ts';
import { factsWithout, isOpen, type Lease, leaseFor, type Open } from '../work/lease.ts';
import type { RowDetails } from './row-details.ts';

export const syncMoves = {
  /** Nobody works on it; it may start from `dueAt` on. */
  queued: ['running', 'cancelled'],
  /** A worker holds its lease. */
  running: ['running', 'queued', 'waiting', 'ready', 'done', 'failed', 'cancelled'],
  /** Until the retry of a page, at `dueAt`. */
  waiting: ['running', 'cancelled'],
  /** Until an admin imports or cancels it. */
  ready: ['queued', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
} as const;

export type SyncState = keyof typeof syncMoves;

/**
 * In their order. `comparing`: with the last complete run. `connecting`: sets managers who came after their reports. `tidying`:
 * deletes rows of earlier runs that nothing needs any more.
 */
export const syncPhases = ['reading', 'comparing', 'importing', 'connecting', 'tidying'] as const;
export type SyncPhase = (typeof syncPhases)[number];

/**
 * How the reading ended. `complete`: with everything in the source. `changes`: with the changes since an earlier import.
 * `cut-off`: at the page limit.
 */
export type Reading = 'complete' | 'changes' | 'cut-off';

/** Why a row was left out. `unknown`: nobody has the address of an update's row. `left`: the person has left. */
export const skipReasons = [
  'invalid',
  'duplicate',
  'existing',
  'left',
  'ignored',
  'unknown',
  'unchanged',
] as const;
export type SkipReason = (typeof skipReasons)[number];

const count = z.number().int().nonnegative();

export const syncCounts = z.object({
  /** Rows that were read. */
  rows: count,
  /** People who are not here yet. */
  fresh: count,
  created: count,
  /** People who had left, and whom an admin chose to bring back. */
  returned: count,
  /** People in the directory whose empty fields were filled, or who got values of an update. */
  updated: count,
  /** Rows that were left out, by reason. */
  skipped: z.partialRecord(z.enum(skipReasons), count),
  /** Rows that are imported without a bad value, such as a wrong phone number. */
  partly: count.default(0),
  /** People who were imported without their manager: the address is unknown, or that person can't be their manager. */
  withoutManager: count.default(0),
  /** Admins without a manager for whom a row names one. An admin has to confirm it. */
  managersOfAdmins: count.default(0),
  /** Of people in the directory: how many get another value in each field that the import owns, by its name in `data_structure`. */
  replaced: z.record(z.string(), count).default({}),
  /** Active people who get an address that someone else has until then. */
  exchanged: count.default(0),
  /** Values that are cleared, since the source has none any more. */
  cleared: count.default(0),
  /** Active people who get another department or another manager. */
  moved: count.default(0),
  /** Active people who get an end date, or another one; `pastEnds`: a day that is over. */
  ends: count.default(0),
  pastEnds: count.default(0),
  /** Active people who have no end date any more: their offboarding is cancelled. */
  unended: count.default(0),
  /** People of earlier runs that the source no longer has; `newlyMissing`: those it still had the last time. */
  missing: count,
  newlyMissing: count,
});
export type SyncCounts = DeepReadonly<z.output<typeof syncCounts>>;

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
  replaced: {},
  exchanged: 0,
  cleared: 0,
  moved: 0,
  ends: 0,
  pastEnds: 0,
  unended: 0,
  missing: 0,
  newlyMissing: 0,
};

export interface SyncFacts {
  readonly id: string;
  readonly version: number;
  readonly integrationId: string;
  readonly manifestVersionId: string;
  readonly action: 'create' | 'update';
  /** `preview`: an admin chooses who is imported. */
  readonly mode: 'import' | 'preview';
  readonly startedBy: Actor;
  /** The time of its schedule; undefined if a person started it. */
  readonly scheduledFor?: Date;
  readonly createdAt: Date;
  readonly phase: SyncPhase;
  /** Pages with people that were read and stored. */
  readonly pages: number;
  readonly counts: SyncCounts;
  /** Fields that the import owns, by their names in `data_structure`; as they were when the run began. */
  readonly owns: readonly string[];
  /** Undefined until the reading has ended. */
  readonly reading?: Reading;
  /** Sentences for people, redacted. */
  readonly warnings: readonly string[];
  /** Sentences that can't be read now, sealed as they are: their key may come back. */
  readonly unread?: string;
  /** How far it is, and what it may write, can't be read any more: all that is left is to end it as failed. */
  readonly isLost?: true;
  /** How often the next page was requested, and since when. */
  readonly tries: number;
  readonly askedSince?: Date;
  /** The last row that was imported (or connected); -1 at the beginning. */
  readonly importedUpTo: number;
  /** Imported people whose manager was not in the directory yet. */
  readonly unconnected: number;
  /** Of this round of `connecting`: while some managers are set, those who would make a circle are tried again. */
  readonly connecting: ConnectingRound;
  /** The admin who approved the import of what was read. */
  readonly approvedBy?: Actor;
  /** Failures in a row: including this run if it failed, else before it. */
  readonly failures: number;
  /** The run whose notification covers this one, since both failed alike. */
  readonly noticeRunId?: string;
}

export const connectingRound = z.object({
  set: count,
  /** They would make a circle now. */
  refused: count,
  /** Also those whose manager is nobody here. */
  without: count,
});
export type ConnectingRound = Readonly<z.output<typeof connectingRound>>;

export const newRound: ConnectingRound = { set: 0, refused: 0, without: 0 };

/**
 * `growth`: it would add very many people. `ends`: many people get an end date. `past-ends`: someone's end date is over already.
 * `moves`: many people get another department or manager. `addresses`: many people get an address that someone else has.
 */
export const holdReasons = ['growth', 'ends', 'past-ends', 'moves', 'addresses'] as const;
export type HoldReason = (typeof holdReasons)[number];
export const isHoldReason = (word: string): word is HoldReason =>
  (holdReasons as readonly string[]).includes(word);

/** Why an import is held. Its counts say how much it would change. */
export const heldImport = z.object({
  fresh: count,
  /** Active people before it. */
  people: count,
  /** Not empty. Hold reasons, and words of a newer version, as during a rolling upgrade: to save the run keeps those, too. */
  why: z.array(z.string()).default(['growth']),
});
export type HeldImport = DeepReadonly<z.output<typeof heldImport>>;

/** Whether a newer version holds it, for a reason that this one doesn't know. Then only that one can take an OK. */
export const isHeldByNewer = ({ held }: SyncIn<'ready'>): boolean =>
  held?.why.some((word) => !isHoldReason(word)) ?? false;

export type SyncRun = SyncFacts &
  (
    | { readonly state: 'queued'; readonly dueAt: Date }
    | ({ readonly state: 'running' } & Lease)
    | { readonly state: 'waiting'; readonly dueAt: Date; readonly why: string }
    /** `held`: undefined for a preview. */
    | { readonly state: 'ready'; readonly readyAt: Date; readonly held?: HeldImport }
    | { readonly state: 'done'; readonly finishedAt: Date }
    | { readonly state: 'failed'; readonly finishedAt: Date; readonly error: RunError }
    | { readonly state: 'cancelled'; readonly finishedAt: Date; readonly cancelledBy: Actor }
  );

export type SyncIn<S extends SyncState> = Extract<SyncRun, { state: S }>;
/** A run at work: queued, running or waiting. An integration has at most one. */
export type SyncAtWork = Open<SyncRun>;
export type EndedSync = SyncIn<'done' | 'failed' | 'cancelled'>;

/** `fill`: the row fills or changes something of a person in the directory. `updated`: an update changed them. */
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

/** One row as it is stored. A preview shows it, and an import imports it. */
export interface SyncRow {
  readonly runId: string;
  /** 0, 1, 2 … in the order of reading. */
  readonly seq: number;
  /** Trimmed, lower case; undefined if the row has none. */
  readonly email?: string;
  readonly firstName: string;
  readonly lastName: string;
  /** The other values of the row. */
  readonly details?: RowDetails;
  readonly state: RowState;
  /** Whether the import includes it. */
  readonly chosen: boolean;
  /** Why it is invalid: a sentence for people. */
  readonly note?: string;
}

/** Longer than a page may take (120 s, and some for storing): every page and batch renews the lease. */
const SYNC_LEASE_MS = 150_000;

export const isAtWork = (run: SyncRun): run is SyncAtWork => isOpen(run);

export const hasEnded = (run: SyncRun): run is EndedSync =>
  run.state === 'done' || run.state === 'failed' || run.state === 'cancelled';

export const leaseSync = (run: SyncAtWork, workerId: string, now: Date): SyncIn<'running'> => ({
  ...facts(run),
  state: 'running',
  ...leaseFor(workerId, now, SYNC_LEASE_MS),
});

/** The next free worker continues it. */
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

export const offerSync = (
  run: SyncIn<'running'>,
  now: Date,
  held?: HeldImport,
): SyncIn<'ready'> => ({
  ...facts(run),
  state: 'ready',
  readyAt: now,
  held,
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

/** A running one stops at its next page or batch. */
export const cancelSync = (
  run: SyncAtWork | SyncIn<'ready'>,
  cancelledBy: Actor,
  now: Date,
): SyncIn<'cancelled'> => ({ ...facts(run), state: 'cancelled', finishedAt: now, cancelledBy });

/** Adds to the count of one reason. */
export const skip = (
  skipped: SyncCounts['skipped'],
  reason: SkipReason,
  by = 1,
): SyncCounts['skipped'] => ({ ...skipped, [reason]: (skipped[reason] ?? 0) + by });

const facts = factsWithout<SyncRun, SyncFacts>({
  state: true,
  dueAt: true,
  workerId: true,
  leasedUntil: true,
  finishedAt: true,
  why: true,
  readyAt: true,
  held: true,
  error: true,
  cancelledBy: true,
});

/** Per run; further warnings of one manifest are repetitions. */
const MAX_WARNINGS = 20;

/** The last warnings stay: the one about the page limit matters most. */
export const withWarnings = (
  { warnings }: Pick<SyncRun, 'warnings'>,
  more: readonly string[],
): readonly string[] => [...new Set([...warnings, ...more])].slice(-MAX_WARNINGS);
