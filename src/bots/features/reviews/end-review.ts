import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { closeReview } from '../../../engine/reviews/reviews.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { asAdmin, refuse } from '../admins.ts';

/** Close it now…: access without a verdict stays as it is. */
export const endReviewNow = formAction({
  id: 'review.close',
  payload: z.object({ reviewId: z.string() }),
  title: () => t`Close the review`,
  submitLabel: () => t`Close it`,

  async fields(_target, turn: Turn) {
    const { refused } = await asAdmin(() => t`close reviews`, turn);
    return refused
      ? { refused }
      : {
          intro: [[t`Nobody is asked any more. What is not decided stays as it is.`]],
          fields: {},
        };
  },

  async submit(_values, { reviewId }, turn) {
    const { refused } = await asAdmin(() => t`close reviews`, turn);
    if (refused) return refuse(refused);
    await turn.transact((tx) => closeReview(tx, reviewId));
    return { kind: 'nothing' };
  },
});
