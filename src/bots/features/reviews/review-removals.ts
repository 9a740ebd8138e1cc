/** The removals that a review began: proven gone, stuck, by hand, or under way. */
import { sentences, t } from '../../../core/translate.ts';
import type { RevokedItems } from '../../../engine/ports/review-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Fact } from '../../view/card.ts';

const NOTHING: RevokedItems = {
  revoked: 0,
  undecided: 0,
  open: 0,
  stuck: 0,
  byHand: 0,
  gone: 0,
  done: 0,
};

/** @param reviewerId counts only that reviewer's part; left out: the whole review */
export async function removalsOfReview(
  { reviews }: Pick<Stores, 'reviews'>,
  reviewId: string,
  reviewerId?: string,
): Promise<RevokedItems> {
  const counts = await reviews.revoked([reviewId], reviewerId);
  return counts.get(reviewId) ?? NOTHING;
}

/** What became of what was revoked, as facts; zeros are left out. */
export function removalFacts({
  revoked,
  open,
  stuck,
  byHand,
  gone,
  done,
}: RevokedItems): readonly Fact[] {
  const all: readonly (readonly [string, number])[] = [
    [t`Proven gone`, gone - done],
    [t`Removed by hand`, done],
    [t`Being removed`, open - stuck - byHand],
    [t`Stuck`, stuck],
    [t`To remove by hand`, byHand],
    [t`Not removed: kept, granted again, or never granted`, revoked - open - gone],
  ];
  return all.filter(([, count]) => count > 0).map(([name, count]) => [name, String(count)]);
}

/** The same as a sentence for the reviewer, of what they revoked and of what they left undecided. */
export function goneWords({ revoked, open, stuck, byHand, gone }: RevokedItems): string {
  if (gone === revoked) return t`✓ What was revoked is gone (${revoked}).`;
  if (open === 0)
    return t`Revoked: ${revoked}; gone: ${gone}. The rest was kept, granted again, or never granted.`;
  return sentences(
    t`Revoked: ${revoked}; not gone yet: ${open}.`,
    open > byHand && t`Latchkey keeps trying.`,
    stuck > 0 && t`Stuck: ${stuck}.`,
    byHand > 0 && t`To remove by hand: ${byHand}.`,
  );
}
