import { z } from 'zod';
import { say } from '../../../core/say.ts';
import { closeReview } from '../../../engine/reviews/reviews.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { asAdmin, refuse } from '../admins.ts';

/** Close it now…: what nobody has decided stays as it is. */
export const endReviewNow = formAction({
  id: 'review.close',
  payload: z.object({ reviewId: z.string() }),
  title: () => say`Close the review`,
  submitLabel: () => say`Close it`,

  async fields(_target, turn: Turn) {
    const { refused } = await asAdmin(() => say`close reviews`, turn);
    return refused
      ? { refused }
      : {
          intro: [[say`Nobody is asked any more. What is not decided stays as it is.`]],
          fields: {},
        };
  },

  async submit(_values, { reviewId }, turn) {
    const { refused } = await asAdmin(() => say`close reviews`, turn);
    if (refused) return refuse(refused);
    await turn.transact((tx) => closeReview(tx, reviewId));
    return { kind: 'nothing' };
  },
});
