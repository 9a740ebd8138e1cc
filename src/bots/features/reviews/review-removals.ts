/** The removals that a review began: gone, or still open. */
import { isOpenRemoval, type Removal } from '../../../engine/access/removals/removal.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';

/** How many items are read at once. */
const ITEMS = 250;

export interface ReviewRemovals {
  /** Revoked by a verdict. */
  readonly revoked: number;
  /** How many of those aren't proven gone yet. */
  readonly open: number;
}

/** @param reviewerId counts only that reviewer's part; left out: the whole review */
export async function removalsOfReview(
  { reviews, removals }: Pick<Stores, 'reviews' | 'removals'>,
  reviewId: string,
  reviewerId?: string,
): Promise<ReviewRemovals> {
  const filter = { state: 'revoked', ...(reviewerId !== undefined && { reviewerId }) } as const;
  let revoked = 0;
  let open = 0;
  for (;;) {
    const { items, total } = await reviews.items(reviewId, filter, {
      offset: revoked,
      limit: ITEMS,
    });
    const found: readonly Removal[] = await removals.findMany(
      items.flatMap(({ removalId }) => removalId ?? []),
    );
    open += found.filter(isOpenRemoval).length;
    revoked += items.length;
    if (items.length === 0 || revoked >= total) return { revoked, open };
  }
}
