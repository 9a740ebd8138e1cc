/**
 * One item of a sequence, planned for one person. `plannedMoves` is its whole life; every transition is a pure function of
 * item, event and now. Words: it *fires* when it does what it is for, and is *past* where its time was over already when
 * it was planned: then it fires only if somebody says so.
 */
export const plannedMoves = {
  planned: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  past: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  /** Its time has come, and the task that it waits for isn't done. */
  waiting: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  fired: [],
  /** It could not begin. */
  failed: ['fired', 'failed', 'skipped'],
  /** Somebody said that it is not to happen. */
  skipped: [],
  /** It can't happen any more. */
  cancelled: [],
} as const;
export type PlannedState = keyof typeof plannedMoves;

/** What has not happened yet. */
export const openStates = ['planned', 'past', 'waiting'] as const;
type OpenState = (typeof openStates)[number];

export interface PlannedFacts {
  readonly id: string;
  readonly version: number;
  readonly assignmentId: string;
  readonly itemId: string;
  readonly personId: string;
  /** Undefined while nobody knows the day that it counts from. */
  readonly dueAt?: Date;
  /** What it started, where it has fired. */
  readonly runId?: string;
  readonly taskId?: string;
  readonly removalId?: string;
  readonly deliveryId?: string;
}

export type PlannedItem = PlannedFacts &
  (
    | { readonly state: OpenState }
    | {
        readonly state: 'fired';
        readonly endedAt: Date;
        /** Who said so, where it did not fire by itself. */
        readonly byId?: string;
        /** What people should know: that it found a run under way, say. */
        readonly why?: string;
      }
    | { readonly state: 'failed'; readonly endedAt: Date; readonly why: string }
    | { readonly state: 'skipped'; readonly endedAt: Date; readonly byId?: string }
    | { readonly state: 'cancelled'; readonly endedAt: Date; readonly why: string }
  );
export type PlannedIn<S extends PlannedState> = Extract<PlannedItem, { state: S }>;
export type OpenItem = PlannedIn<OpenState>;

/** What an item started: one of these, or nothing where there was nothing to do. */
export type StartedEffect = Pick<PlannedFacts, 'runId' | 'taskId' | 'removalId' | 'deliveryId'>;

export const isOpen = (item: PlannedItem): item is OpenItem =>
  item.state === 'planned' || item.state === 'past' || item.state === 'waiting';

/** What somebody may still say Run now and Skip about. */
export const isPending = (item: PlannedItem): item is OpenItem | PlannedIn<'failed'> =>
  isOpen(item) || item.state === 'failed';

/** Its due time, as it is now known. @param late what to do where that is over */
export function planAt(
  item: OpenItem,
  due: Date | undefined,
  late: 'hold' | 'fire',
  now: Date,
): OpenItem {
  const state = due && due < now && late === 'hold' ? 'past' : 'planned';
  return { ...factsOf(item), ...(due && { dueAt: due }), state };
}

export const waitForTask = (item: OpenItem): OpenItem => ({
  ...factsOf(item),
  ...(item.dueAt && { dueAt: item.dueAt }),
  state: 'waiting',
});

export const markFired = (
  item: OpenItem | PlannedIn<'failed'>,
  started: StartedEffect,
  now: Date,
  said: { readonly byId?: string; readonly why?: string } = {},
): PlannedIn<'fired'> => ({ ...keptOf(item), ...started, ...said, state: 'fired', endedAt: now });

export const markFailed = (
  item: OpenItem | PlannedIn<'failed'>,
  why: string,
  now: Date,
): PlannedIn<'failed'> => ({ ...keptOf(item), state: 'failed', endedAt: now, why });

export const skip = (
  item: OpenItem | PlannedIn<'failed'>,
  byId: string | undefined,
  now: Date,
): PlannedIn<'skipped'> => ({
  ...keptOf(item),
  ...(byId !== undefined && { byId }),
  state: 'skipped',
  endedAt: now,
});

export const cancelItem = (item: OpenItem, why: string, now: Date): PlannedIn<'cancelled'> => ({
  ...keptOf(item),
  state: 'cancelled',
  endedAt: now,
  why,
});

/** Beyond a tick and a busy minute people should know that it was late. */
const LATE_MS = 5 * 60_000;

/** By how much it fired after its time, in milliseconds; 0 where that is nothing to speak of. */
export function lateness({ dueAt, endedAt, byId }: PlannedIn<'fired'>): number {
  if (!dueAt || byId !== undefined) return 0;
  const late = endedAt.getTime() - dueAt.getTime();
  return late >= LATE_MS ? late : 0;
}

/** All but when it is due, which a transition says anew. */
function factsOf({ id, version, assignmentId, itemId, personId }: PlannedItem) {
  return { id, version, assignmentId, itemId, personId };
}

const keptOf = (item: PlannedItem) => ({
  ...factsOf(item),
  ...(item.dueAt && { dueAt: item.dueAt }),
});
