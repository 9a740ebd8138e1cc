/** Who is told of a review: its reviewers of what they have to decide, whoever started it of its end. */
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { ReviewNews } from '../../../engine/reviews/reviews.ts';
import { reviewCard } from './review-card.ts';
import { reviewReport } from './review-report.ts';

export const reviewNews: ReviewNews = {
  async asked(tx, { id: reviewId }, personIds) {
    for (const personId of personIds)
      await post(tx, personId, reviewCard.with({ reviewId, page: 0 }));
  },
  closed: (tx, { id: reviewId, startedById }) =>
    post(tx, startedById, reviewReport.with({ reviewId, page: 0 })),
};

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof reviewCard.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
