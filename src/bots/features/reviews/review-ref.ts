/** How the cards of a review are named: by its buttons' features too, which the cards stand on. */
import { z } from 'zod';

export const reviewPayload = z.object({
  reviewId: z.string(),
  page: z.number().int().nonnegative(),
});
