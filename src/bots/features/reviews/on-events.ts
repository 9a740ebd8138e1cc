/** Who is notified of a review: its reviewers when they have to decide, and the person who started it when it ends. */
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { reviewCard } from './review-card.ts';
import { reviewReport } from './review-report.ts';

export const reviewEvents = {
  async 'review-requested'(tx, { review: { id: reviewId }, reviewerIds }) {
    for (const personId of reviewerIds)
      await post(tx, personId, reviewCard.with({ reviewId, page: 0 }));
  },
  'review-closed': (tx, { review: { id: reviewId, startedById } }) =>
    post(tx, startedById, reviewReport.with({ reviewId, page: 0 })),
} satisfies EventHandlers;

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof reviewCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
