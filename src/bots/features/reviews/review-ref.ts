/** How the cards of a review are named: by its buttons' features too, which the cards stand on. */
import { z } from 'zod';
import { pageShown } from '../paging.ts';

export const reviewPayload = pageShown.extend({
  reviewId: z.string(),
});
