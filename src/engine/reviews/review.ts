/**
 * Access reviews: an admin starts a review, or a campaign does at its date; each reviewer keeps or revokes the access that is theirs
 * to review. An owner starts reviews of their apps.
 *
 * Words: an *item* is one person's access to one app. Its *reviewer* decides it: the person's manager, an owner of the app, or one of
 * the people that the review names (`reviewers.ts`). A *campaign* is a review that recurs (`campaign.ts`). To *escalate* is to give
 * admins what the reviewers have not decided by the end.
 *
 * | review    | what it means                              | what ends it                                              |
 * |-----------|--------------------------------------------|-----------------------------------------------------------|
 * | starting  | its items are still written, in batches: no one sees it | the last batch                                |
 * | open      | reviewers have items left                  | its last item ends, its due date is over, someone closes it |
 * | escalated | open, after its due date: admins have them | its last item ends, or someone closes it                  |
 * | held      | open, after its due date: it would remove very much, so an admin says yes first | an admin does, its last item ends, or someone closes it |
 * | closed    | open items stay undecided                  | final                                                     |
 *
 * | item    | what it means                       | what ends it                                                               |
 * |---------|-------------------------------------|----------------------------------------------------------------------------|
 * | open    | the reviewer has not decided        | Keep, Revoke, a change that makes it lapse; the end, where that removes it |
 * | kept    | the access stays                    | final                                                                      |
 * | revoked | a removal of the access began       | final                                                                      |
 * | lapsed  | there is nothing to decide any more | final                                                                      |
 *
 * Events: `review-started` (by a campaign, or later than it was asked for), `review-requested` (at the start, as a reminder, and to a new reviewer), `review-held` (again
 * every week), `review-closed`.
 *
 * Begin reading at `startReview` in `start-review.ts` and `decideItem` in `reviews.ts`; `due-reviews.ts` has what happens by the calendar.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';

/** Who reviews: each person's manager, the owners of the app, or the people that it names. */
export const reviewerKinds = { managers: true, owners: true, named: true } as const;
export type ReviewerKind = keyof typeof reviewerKinds;

/** What becomes of items that nobody has decided by the end. */
export const undecidedWays = { keep: true, remove: true, admins: true } as const;
export type Undecided = keyof typeof undecidedWays;

/** What a review asks, whom, and what becomes of items without an answer. */
export interface ReviewSettings {
  readonly reviewers: ReviewerKind;
  /** Of `named`; empty otherwise. */
  readonly reviewerIds: readonly string[];
  readonly undecided: Undecided;
}

/** Which access is reviewed: what fits all that is set. Nothing set: everything. */
export const reviewScope = z.object({
  integrationIds: z.array(z.string()).optional(),
  /** Access that came with that bundle. */
  bundleId: z.string().optional(),
  /** Of people in that department. */
  department: z.string().optional(),
  /** Of that manager's reports. */
  managerId: z.string().optional(),
});
export type ReviewScope = DeepReadonly<z.output<typeof reviewScope>>;

export interface Review extends ReviewSettings {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  /** Who runs it: they have its progress. */
  readonly startedById: string;
  readonly state: 'starting' | 'open' | 'closed';
  readonly createdAt: Date;
  /** ISO date: the last day of the review. */
  readonly dueDate: string;
  readonly remindedAt?: Date;
  readonly closedAt?: Date;
  /** When admins got what was undecided. */
  readonly escalatedAt?: Date;
  /** When the removal of what was undecided was held, and when an admin said yes. */
  readonly heldAt?: Date;
  readonly releasedAt?: Date;
  readonly campaignId?: string;
  /** What a job still does, a batch at a time: see `start-review.ts`. */
  readonly next?: ItemsToWrite | ReviewersToAsk;
}

/** Of a review that is starting. */
const itemsToWrite = z.object({
  kind: z.literal('items'),
  scope: reviewScope,
  /** The last one that was written; integrations come in the order of their ids, and their people, too. */
  after: z.object({ personId: z.string(), integrationId: z.string() }),
});
export type ItemsToWrite = DeepReadonly<z.output<typeof itemsToWrite>>;

/** Of an open one. */
const reviewersToAsk = z.object({
  kind: z.literal('reviewers'),
  afterId: z.string(),
  /** Leaves out those who are away. */
  isReminder: z.boolean(),
});
export type ReviewersToAsk = DeepReadonly<z.output<typeof reviewersToAsk>>;

export const nextOfReview = z.union([itemsToWrite, reviewersToAsk]);

/** Whether it waits for an admin's yes. */
export const isHeld = ({ state, heldAt, releasedAt }: Review): boolean =>
  state === 'open' && heldAt !== undefined && releasedAt === undefined;

/** One access that is reviewed. */
export interface ReviewItem {
  readonly reviewId: string;
  readonly personId: string;
  readonly integrationId: string;
  /** See `reviewers.ts`. */
  readonly reviewerId: string;
  readonly state:
    | 'open'
    | 'kept'
    | 'revoked'
    /** The access was removed, the person has left, or the integration was deleted. */
    | 'lapsed';
  /** Left out of `revoked` where nobody decided by the end, and the review removes that. */
  readonly decidedById?: string;
  readonly decidedAt?: Date;
  /** Of `revoked`: the removal says whether access is gone. Left out where nothing had been granted yet. */
  readonly removalId?: string;
}
