/**
 * One item of a sequence, planned for one person. `plannedMoves` lists its transitions; each is a pure function of item,
 * event and now. (`sequence.ts` is where this domain begins.)
 *
 * Words. An item *fires* when it does what it is for. It is *past* if its time was already over when it was planned or moved.
 * It is *open* while it has yet to happen: planned, past or waiting.
 *
 * | state       | what it means                                      | what ends it                                          |
 * |-------------|----------------------------------------------------|-------------------------------------------------------|
 * | `planned`   | it fires at `dueAt`; no `dueAt`: the anchor day is | it fires or fails; it waits; it is moved, skipped or  |
 * |             | not known                                          | cancelled                                             |
 * | `past`      | someone has to choose Run now or Skip              | Run now, Skip, a cancellation, or a later date        |
 * | `waiting`   | it is due, but the task that it waits for is open  | that task ends (`planned` again), Run now, Skip, or a |
 * |             |                                                    | cancellation                                          |
 * | `fired`     | it started a run, a task, a removal or a delivery  | nothing; a revoke also a later last day               |
 * | `failed`    | it could not begin; `why` says it                  | Run now, or Skip                                      |
 * | `skipped`   | someone chose Skip                                 | nothing                                               |
 * | `cancelled` | it can't happen any more; `why` says it            | nothing                                               |
 *
 * Events: `sequence-item-stuck`, when it fails, waits for an admin to set up its app, becomes `past` because its date moved, or its
 * message could not be delivered.
 */
import { MINUTE_MS } from '../../core/hours.ts';

export const plannedMoves = {
  planned: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  past: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  /** It is due, but the task that it waits for isn't done. */
  waiting: ['planned', 'past', 'waiting', 'fired', 'failed', 'skipped', 'cancelled'],
  fired: ['planned'],
  /** It could not begin. */
  failed: ['fired', 'failed', 'skipped'],
  /** Someone chose Skip. */
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
  /** Undefined while the anchor day isn't known. */
  readonly dueAt?: Date;
  /** What it started when it fired. */
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
        /** Who chose Run now. Undefined: it fired at its time. */
        readonly byId?: string;
        /** What people should know, such as that it joined a run that was already running. */
        readonly why?: string;
      }
    | { readonly state: 'failed'; readonly endedAt: Date; readonly why: string }
    | { readonly state: 'skipped'; readonly endedAt: Date; readonly byId?: string }
    | { readonly state: 'cancelled'; readonly endedAt: Date; readonly why: string }
  );
export type PlannedIn<S extends PlannedState> = Extract<PlannedItem, { state: S }>;
export type OpenItem = PlannedIn<OpenState>;

/** What an item started: one of these. Empty: there was nothing to do. */
export type StartedEffect = Pick<PlannedFacts, 'runId' | 'taskId' | 'removalId' | 'deliveryId'>;

export const isOpen = (item: PlannedItem): item is OpenItem =>
  item.state === 'planned' || item.state === 'past' || item.state === 'waiting';

/** Whether Run now and Skip still apply. */
export const isPending = (item: PlannedItem): item is OpenItem | PlannedIn<'failed'> =>
  isOpen(item) || item.state === 'failed';

/** Sets its due time. @param late what happens if that time is already over */
export function planAt(
  item: OpenItem,
  { due, late }: { readonly due: Date | undefined; readonly late: 'hold' | 'fire' },
  now: Date,
): OpenItem {
  const state = due && due < now && late === 'hold' ? 'past' : 'planned';
  return { ...factsOf(item), dueAt: due, state };
}

/** It did it for a last day that is later now. */
export const planAgain = (item: PlannedIn<'fired'>, due: Date): OpenItem => {
  const { id, version, assignmentId, itemId, personId } = item;
  return { id, version, assignmentId, itemId, personId, dueAt: due, state: 'planned' };
};

export const waitForTask = (item: OpenItem): OpenItem => ({
  ...factsOf(item),
  dueAt: item.dueAt,
  state: 'waiting',
});

export const markFired = (
  item: OpenItem | PlannedIn<'failed'>,
  {
    started,
    ...said
  }: { readonly byId?: string; readonly why?: string; readonly started: StartedEffect },
  now: Date,
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
  byId,
  state: 'skipped',
  endedAt: now,
});

export const cancelItem = (item: OpenItem, why: string, now: Date): PlannedIn<'cancelled'> => ({
  ...keptOf(item),
  state: 'cancelled',
  endedAt: now,
  why,
});

/** Longer than a tick and a busy minute. From then on people should know that it was late. */
const LATE_MS = 5 * MINUTE_MS;

/** Milliseconds by which it fired late; 0 below `LATE_MS`, and for Run now. */
export function lateness({ dueAt, endedAt, byId }: PlannedIn<'fired'>): number {
  if (!dueAt || byId !== undefined) return 0;
  const late = endedAt.getTime() - dueAt.getTime();
  return late >= LATE_MS ? late : 0;
}

/** Everything but `dueAt`, which the transition sets. */
function factsOf({ id, version, assignmentId, itemId, personId }: PlannedItem) {
  return { id, version, assignmentId, itemId, personId };
}

const keptOf = (item: PlannedItem) => ({ ...factsOf(item), dueAt: item.dueAt });
