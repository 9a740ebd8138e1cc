/** `/reviews`: access reviews, and what was decided in them. */
import { z } from 'zod';
import { seenApps } from '../../engine/integrations/seen-apps.ts';
import { maySeeSetUp } from '../../engine/people/permission.ts';
import {
  isHeld,
  type Review,
  type ReviewerKind,
  reviewerKinds,
  type Undecided,
  undecidedWays,
} from '../../engine/reviews/review.ts';
import { maySeeReview } from '../../engine/reviews/reviews.ts';
import { answerOf } from './answer-of.ts';
import { cut, type Endpoint, listing, named, reading } from './endpoint.ts';
import { day, id, MAX_ID, pageByTime, time, timePlace } from './values.ts';

const common = {
  id,
  name: z.string(),
  state: z.enum(['open', 'closed']),
  createdAt: time,
  dueDate: day.describe('The last day, ISO date'),
  closedAt: time.optional(),
  escalatedAt: time.optional().describe('When admins got what was undecided'),
  isHeld: z.boolean().describe('It waits until an admin says yes to what it would remove'),
  startedById: id,
  reviewers: z.enum(Object.keys(reviewerKinds) as ReviewerKind[]),
  undecided: z.enum(Object.keys(undecidedWays) as Undecided[]),
  campaignId: id.optional(),
};
const review = named('Review', z.object(common));
const count = z.number().int();
const details = named(
  'ReviewDetails',
  z.object({
    ...common,
    counts: z.object({ open: count, kept: count, revoked: count, lapsed: count }),
  }),
);
const itemStates = ['open', 'kept', 'revoked', 'lapsed'] as const;
const item = named(
  'ReviewItem',
  z.object({
    personId: id,
    integrationId: id,
    reviewerId: id,
    state: z.enum(itemStates),
    decidedById: id.optional(),
    decidedAt: time.optional(),
    removalId: id.optional(),
  }),
);

const shown = (of: Review): z.input<typeof review> =>
  answerOf(review, {
    ...of,
    state: of.state === 'closed' ? 'closed' : 'open',
    isHeld: isHeld(of),
  });

export const reviews: readonly Endpoint[] = [
  listing({
    path: '/reviews',
    tag: 'Reviews',
    scope: 'read',
    summary: 'Access reviews, the newest first',
    description: 'Admins and auditors see all, owners those of nothing but their apps.',
    name: 'ReviewPage',
    item: review,
    filters: {},
    place: timePlace,
    async read({ after, limit }, { stores, reader }) {
      const own = maySeeSetUp(reader)
        ? undefined
        : (await seenApps(stores, reader)).map((each) => each.id);
      const found = await stores.reviews.listAfter(after, limit + 1, own);
      return pageByTime(found, limit, shown);
    },
  }),
  reading({
    path: '/reviews/{id}',
    tag: 'Reviews',
    scope: 'read',
    summary: 'One review, with how many items are in each state',
    answer: details,
    async read(reviewId, { stores, reader }) {
      const found = await stores.reviews.find(reviewId);
      if (!found || !(await maySeeReview(reader, reviewId, stores))) return undefined;
      return { ...shown(found), counts: await stores.reviews.counts(reviewId) };
    },
  }),
  listing({
    path: '/reviews/{id}/items',
    tag: 'Reviews',
    scope: 'read',
    summary: 'The accesses of a review, and what was decided',
    name: 'ReviewItemPage',
    item,
    filters: { state: z.enum(itemStates).optional() },
    place: z.tuple([z.string().max(MAX_ID), z.string().max(MAX_ID)]),
    async read({ id: reviewId, query, after, limit }, { stores, reader }) {
      if (!(await stores.reviews.find(reviewId))) return undefined;
      if (!(await maySeeReview(reader, reviewId, stores))) return undefined;
      const [personId, integrationId] = after ?? ['', ''];
      // A batch of the store has more than a page has at most.
      const found = await stores.reviews.itemsAfter(
        reviewId,
        { personId, integrationId },
        query.state,
      );
      const { rows, next } = cut(found, limit, (each): [string, string] => [
        each.personId,
        each.integrationId,
      ]);
      return { items: rows.map((each) => answerOf(item, each)), next };
    },
  }),
];
