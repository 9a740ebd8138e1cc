/** Keep and Revoke on a review's card, which follows the review. */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import type { ReviewItem } from '../../engine/review.ts';
import { decideItem } from '../../engine/reviews.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import { note } from '../view/card.ts';
import { auditRefusal, refuse } from './admins.ts';
import { askingOf } from './asking.ts';
import { actorOf, type Turn } from './context.ts';

const target = z.object({
  reviewId: z.string(),
  personId: z.string(),
  integrationId: z.string(),
});

export const keepAccess = buttonAction({
  id: 'review.keep',
  payload: target,
  handle: (wanted, turn: Turn) => decide({ ...wanted, verdict: 'kept' }, turn),
});

export const revokeReviewed = buttonAction({
  id: 'review.revoke',
  payload: target,
  handle: (wanted, turn: Turn) => decide({ ...wanted, verdict: 'revoked' }, turn),
});

async function decide(
  wanted: Pick<ReviewItem, 'reviewId' | 'personId' | 'integrationId'> & {
    readonly verdict: 'kept' | 'revoked';
  },
  turn: Turn,
): Promise<Reply> {
  const reviewed = await retryStale(() =>
    turn.transact(async (tx) => {
      const by = await tx.people.find(turn.actor.id);
      const parts = { ...askingOf(turn), reviewNews: turn.reviewNews };
      return by && decideItem(tx, { ...wanted, by, actor: actorOf(turn) }, parts);
    }),
  );
  const kind = reviewed?.kind ?? 'over';
  switch (kind) {
    case 'decided':
      return { kind: 'nothing' };
    case 'over':
      return refuse(
        note(
          say`There is nothing left to decide here`,
          say`Somebody was faster, the person has left, or the review is over. Nothing was changed now.`,
        ),
      );
    case 'not-yours':
      await auditRefusal(() => say`decide this in a review`, turn, wanted);
      return refuse(
        note(
          say`You can't decide this one`,
          say`Their manager and Latchkey admins can, and nobody about their own access.`,
        ),
      );
    default:
      return unreachable(kind);
  }
}
