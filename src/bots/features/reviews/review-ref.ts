/**
 * The references to a review's cards. They have their own file because the cards and the features behind their buttons
 * both need them.
 */
import { z } from 'zod';
import { pageShown } from '../paging.ts';

export const reviewPayload = pageShown.extend({
  reviewId: z.string(),
});
