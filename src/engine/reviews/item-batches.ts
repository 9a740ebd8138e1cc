import type { Stores } from '../ports/unit-of-work.ts';
import type { ReviewItem } from './review.ts';

/**
 * The items of a review, a few at once, for a file or a calendar: by key, since places in a list move while it is read.
 * @param state left out: in any state
 */
export async function* itemBatches(
  { reviews }: Pick<Stores, 'reviews'>,
  reviewId: string,
  state?: ReviewItem['state'],
): AsyncIterable<readonly ReviewItem[]> {
  for (let after: ReviewItem | undefined; ; ) {
    const items = await reviews.itemsAfter(reviewId, after, state);
    after = items.at(-1);
    if (!after) return;
    yield items;
  }
}
