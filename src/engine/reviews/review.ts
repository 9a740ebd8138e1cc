/**
 * Access reviews: an admin starts a review, and each reviewer keeps or revokes the access of their people. An owner starts one of
 * their apps, and reviews it.
 *
 * Words: an *item* is one person's access to one app. Its *reviewer* is the person's manager, or an admin where there is none; for
 * an app whose owner started it, that owner.
 *
 * | review  | what it means                       | what ends it                                                        |
 * |---------|-------------------------------------|---------------------------------------------------------------------|
 * | open    | reviewers have items left           | its last item ends, its due date is over, or someone closes it      |
 * | closed  | open items stay undecided           | final                                                               |
 *
 * | item    | what it means                       | what ends it                                                        |
 * |---------|-------------------------------------|---------------------------------------------------------------------|
 * | open    | the reviewer has not decided        | Keep, Revoke, or a change that makes it lapse                       |
 * | kept    | the access stays                    | final                                                               |
 * | revoked | a removal of the access began       | final                                                               |
 * | lapsed  | there is nothing to decide any more | final                                                               |
 *
 * Events: `review-requested` (at the start, as a reminder two days before the end, and to a new reviewer), `review-closed`.
 *
 * Begin reading at `startReview` and `decideItem` in `reviews.ts`.
 */

export interface Review {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly startedById: string;
  readonly state: 'open' | 'closed';
  readonly createdAt: Date;
  /** ISO date: the last day of the review. */
  readonly dueDate: string;
  readonly remindedAt?: Date;
  readonly closedAt?: Date;
}

/** One access that is reviewed. */
export interface ReviewItem {
  readonly reviewId: string;
  readonly personId: string;
  readonly integrationId: string;
  /** See `reviewerOf`. */
  readonly reviewerId: string;
  readonly state:
    | 'open'
    | 'kept'
    | 'revoked'
    /** The access was removed, the person has left, or the integration was deleted. */
    | 'lapsed';
  readonly decidedById?: string;
  readonly decidedAt?: Date;
  /** Of `revoked`: the removal says whether access is gone. Left out where nothing had been granted yet. */
  readonly removalId?: string;
}
