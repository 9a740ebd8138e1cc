/** The rows of reviews and of their items. */
import { z } from 'zod';
import {
  nextOfReview,
  type Review,
  type ReviewItem,
  reviewerKinds,
  undecidedWays,
} from '../../engine/reviews/review.ts';
import { jsonColumn, oneOf, type RowOf, readColumnOr, withoutNulls } from '../work/columns.ts';
import { date, number, optional, rowMapper, text, word } from '../work/row-mapper.ts';

export type ReviewRow = RowOf<typeof toReviewRow>;

export type ItemRow = RowOf<typeof toItemRow>;

export const states: Record<Exclude<Review['state'], 'starting'>, true> = {
  open: true,
  closed: true,
};
export const itemStates: Record<ReviewItem['state'], true> = {
  open: true,
  kept: true,
  revoked: true,
  lapsed: true,
};

export const ids = z.array(z.string());

export const nextColumn = jsonColumn('reviews.next', nextOfReview);
export const reviewerIdsColumn = jsonColumn('reviews.reviewer_ids', ids);

/**
 * Where it can't be read. The one who was asked is asked once more: someone who is never asked decides nothing, and what is undecided at the
 * end may be removed.
 */
const ASK_AGAIN = { kind: 'reviewers', afterId: '', isReminder: false } as const;

const { toRow: toFacts, fromRow: factsOf } = rowMapper('reviews', {
  id: text,
  version: number,
  name: text,
  startedById: text,
  createdAt: date,
  dueDate: text,
  remindedAt: optional(date),
  closedAt: optional(date),
  campaignId: optional(text),
  escalatedAt: optional(date),
  heldAt: optional(date),
  releasedAt: optional(date),
});

export const toReviewRow = (review: Review) => ({
  ...toFacts(review),
  state: review.state === 'starting' ? 'closed' : review.state,
  /** Null, as the next two, in rows of 0.2.0: managers reviewed, and what was undecided stayed. */
  reviewers: review.reviewers,
  reviewer_ids: JSON.stringify(review.reviewerIds),
  undecided: review.undecided,
  /** JSON: what a job still does. With it, a row that says `closed` is of a review that is starting: 0.2.0 leaves those alone. */
  next: review.next && review.state !== 'closed' ? JSON.stringify(review.next) : null,
});

export function toReview(row: ReviewRow): Review {
  const next = row.next === null ? null : readColumnOr(nextColumn, row.next, ASK_AGAIN);
  return withoutNulls({
    ...factsOf(row),
    state:
      next?.kind === 'items' ? ('starting' as const) : oneOf(states, row.state, 'reviews.state'),
    reviewers: oneOf(reviewerKinds, row.reviewers ?? 'managers', 'reviews.reviewers'),
    reviewerIds: readColumnOr(reviewerIdsColumn, row.reviewer_ids ?? '[]', []),
    undecided: oneOf(undecidedWays, row.undecided ?? 'keep', 'reviews.undecided'),
    next,
  });
}

export const { toRow: toItemRow, fromRow: toItem } = rowMapper('review_items', {
  reviewId: text,
  personId: text,
  integrationId: text,
  reviewerId: text,
  state: word(itemStates),
  decidedById: optional(text),
  decidedAt: optional(date),
  removalId: optional(text),
});
