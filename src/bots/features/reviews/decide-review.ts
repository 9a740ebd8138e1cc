/** Keep and Revoke on a review's card, which follows the review. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { howItIsRevoked } from '../../../engine/access/removals/remove-all.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { mayManage } from '../../../engine/people/permission.ts';
import type { ReviewItem } from '../../../engine/reviews/review.ts';
import { decideItem } from '../../../engine/reviews/reviews.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { knownNow } from '../access/revoke-access.ts';
import { auditRefusal, refuse } from '../admins.ts';

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

/** Keeps everything of one person that the actor has still to decide. */
export const keepAllOf = buttonAction({
  id: 'review.keep-all',
  payload: target.omit({ integrationId: true }),

  async handle({ reviewId, personId }, turn: Turn): Promise<Reply> {
    await turn.transact(async (tx) => {
      const open = { reviewerId: turn.actor.id, state: 'open' } as const;
      const { items } = await tx.reviews.items(reviewId, open, ALL);
      const by = await tx.people.find(turn.actor.id);
      for (const item of items)
        if (by && item.personId === personId)
          await decideItem(tx, { ...item, verdict: 'kept', by, actor: actorOf(turn) });
    });
    return { kind: 'nothing' }; // The card follows the review.
  },
});

/** More than one reviewer has. */
const ALL = { offset: 0, limit: 10_000 };

/** Keep can be changed later and Revoke can't, so this asks first and names the person and the integration. */
export const revokeReviewed = formAction({
  id: 'review.revoke',
  payload: target,
  title: () => t`Revoke access`,
  submitLabel: () => t`Revoke`,
  tone: 'danger',

  async fields(wanted, turn: Turn) {
    const { reviewId, personId, integrationId } = wanted;
    const { stores } = turn;
    const [actor, item, person, integration] = await Promise.all([
      stores.people.find(turn.actor.id),
      stores.reviews.findItem(reviewId, personId, integrationId),
      stores.people.find(personId),
      stores.integrations.find(integrationId),
    ]);
    if (item?.state !== 'open' || !person || !integration) return { refused: over() };
    if (!actor || actor.id === person.id || !mayManage(actor, person))
      return { refused: await notYours(wanted, turn) };
    const [whom, app] = [strong(fullName(person)), strong(integration.name)];
    return {
      title: t`Revoke ${integration.name}`,
      intro: [
        (await howItIsRevoked(stores, person, integration)) === 'by-hand'
          ? rich`This creates a task to remove ${app} from ${whom} (${person.email}).`
          : rich`This revokes ${app} from ${whom} (${person.email}) immediately. Data the app deletes can't be restored by granting again.`,
        ...(await knownNow(person, integration, turn)),
      ],
      fields: {},
    };
  },

  submit: (_values, wanted, turn) => decide({ ...wanted, verdict: 'revoked' }, turn),
});

async function notYours(about: z.infer<typeof target>, turn: Turn): Promise<Card> {
  await auditRefusal(() => t`decide this in a review`, turn, about);
  return note(
    t`You can't decide this one`,
    t`Only their manager and Latchkey admins can, and never for their own access.`,
  );
}

const over = () =>
  note(
    t`There's nothing left to review here`,
    t`Someone else decided first, the person has left, or the review is over. Nothing changed.`,
  );

async function decide(
  wanted: Pick<ReviewItem, 'reviewId' | 'personId' | 'integrationId'> & {
    readonly verdict: 'kept' | 'revoked';
  },
  turn: Turn,
): Promise<Reply> {
  const reviewed = await turn.transact(async (tx) => {
    const by = await tx.people.find(turn.actor.id);
    return by && decideItem(tx, { ...wanted, by, actor: actorOf(turn) });
  });
  const kind = reviewed?.kind ?? 'over';
  switch (kind) {
    case 'decided':
      return { kind: 'nothing' };
    case 'over':
      return (await isSecondClick(wanted, turn)) ? { kind: 'nothing' } : refuse(over());
    case 'not-yours':
      return refuse(await notYours(wanted, turn));
    default:
      return unreachable(kind);
  }
}

/** Whether they have decided the same already. The card shows it. */
async function isSecondClick(
  { verdict, reviewId, personId, integrationId }: z.infer<typeof target> & { verdict: string },
  { stores, actor }: Turn,
): Promise<boolean> {
  const item = await stores.reviews.findItem(reviewId, personId, integrationId);
  return item?.decidedById === actor.id && item.state === verdict;
}
