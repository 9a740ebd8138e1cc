/** The references to a review's cards; a separate file avoids an import cycle with the cards. */
import { z } from 'zod';
import { pageShown } from '../paging.ts';

export const reviewPayload = pageShown.extend({
  reviewId: z.string(),
});
