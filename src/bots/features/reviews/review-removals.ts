/** The removals that a review began: gone, or still open. */
import type { RevokedItems } from '../../../engine/ports/access-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';

/** @param reviewerId counts only that reviewer's part; left out: the whole review */
export async function removalsOfReview(
  { reviews }: Pick<Stores, 'reviews'>,
  reviewId: string,
  reviewerId?: string,
): Promise<RevokedItems> {
  const counts = await reviews.revoked([reviewId], reviewerId);
  return counts.get(reviewId) ?? { revoked: 0, open: 0 };
}
