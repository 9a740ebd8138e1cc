/** An access review: each reviewer says of each access of their people whether it stays. */
export interface Review {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly startedById: string;
  readonly state: 'open' | 'closed';
  readonly createdAt: Date;
  /** ISO date until which reviewers are asked and reminded. */
  readonly dueDate: string;
  readonly remindedAt?: Date;
  readonly closedAt?: Date;
}

/** One access that is looked at. */
export interface ReviewItem {
  readonly reviewId: string;
  readonly personId: string;
  readonly integrationId: string;
  /** Who is asked: see `reviewerOf`. */
  readonly reviewerId: string;
  readonly state:
    | 'open'
    | 'kept'
    | 'revoked'
    /** There is nothing to decide any more: it was removed, the person has left, or the integration was deleted. */
    | 'lapsed';
  readonly decidedById?: string;
  readonly decidedAt?: Date;
  /** Of a revoked one: whether it is gone stands there. Left out where nothing had been granted yet. */
  readonly removalId?: string;
}
