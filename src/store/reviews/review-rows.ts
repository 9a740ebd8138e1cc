/** The rows of reviews and of their items. */
import { z } from 'zod';
import {
  nextOfReview,
  type Review,
  type ReviewItem,
  reviewerKinds,
  undecidedWays,
} from '../../engine/reviews/review.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  type RowOf,
  readColumnOr,
  time,
  timeOrNull,
  withoutNulls,
} from '../work/columns.ts';
import { date, optional, rowMapper, text, word } from '../work/row-mapper.ts';

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

export const toReviewRow = (review: Review) => ({
  id: review.id,
  version: review.version,
  name: review.name,
  started_by_id: review.startedById,
  state: review.state === 'starting' ? 'closed' : review.state,
  created_at: review.createdAt.getTime(),
  due_date: review.dueDate,
  reminded_at: msOrNull(review.remindedAt),
  closed_at: msOrNull(review.closedAt),
  campaign_id: review.campaignId ?? null,
  /** Null, as the next two, in rows of 0.2.0: managers reviewed, and what was undecided stayed. */
  reviewers: review.reviewers,
  reviewer_ids: JSON.stringify(review.reviewerIds),
  undecided: review.undecided,
  escalated_at: msOrNull(review.escalatedAt),
  held_at: msOrNull(review.heldAt),
  released_at: msOrNull(review.releasedAt),
  /** JSON: what a job still does. With it, a row that says `closed` is of a review that is starting: 0.2.0 leaves those alone. */
  next: review.next && review.state !== 'closed' ? JSON.stringify(review.next) : null,
});

export function toReview(row: ReviewRow): Review {
  const next = row.next === null ? null : readColumnOr(nextColumn, row.next, ASK_AGAIN);
  return withoutNulls({
    id: row.id,
    version: row.version,
    name: row.name,
    startedById: row.started_by_id,
    state:
      next?.kind === 'items' ? ('starting' as const) : oneOf(states, row.state, 'reviews.state'),
    createdAt: time(row.created_at),
    dueDate: row.due_date,
    remindedAt: timeOrNull(row.reminded_at),
    closedAt: timeOrNull(row.closed_at),
    campaignId: row.campaign_id,
    reviewers: oneOf(reviewerKinds, row.reviewers ?? 'managers', 'reviews.reviewers'),
    reviewerIds: readColumnOr(reviewerIdsColumn, row.reviewer_ids ?? '[]', []),
    undecided: oneOf(undecidedWays, row.undecided ?? 'keep', 'reviews.undecided'),
    escalatedAt: timeOrNull(row.escalated_at),
    heldAt: timeOrNull(row.held_at),
    releasedAt: timeOrNull(row.released_at),
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
