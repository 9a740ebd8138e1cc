/** Who is notified of a review: its reviewers when they have to decide, and when it starts and ends the person who runs it, else admins. */
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Review } from '../../../engine/reviews/review.ts';
import { mayRunReview } from '../../../engine/reviews/reviews.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { campaignCard } from './campaign-card.ts';
import { reviewCard } from './review-card.ts';
import { reviewReport } from './review-report.ts';

export const reviewEvents = {
  async 'review-requested'(tx, { review: { id }, reviewerIds }) {
    for (const personId of reviewerIds) await ask(tx, personId, id);
  },
  'review-started': (tx, { review: { id: reviewId, startedById } }) =>
    notifyPerson(tx, startedById, { card: reviewReport.with({ reviewId, page: 0 }) }),
  'review-not-started': (tx, { campaignId, runnerId }) =>
    notifyPerson(tx, runnerId, { card: campaignCard.with({ campaignId }) }),
  /** Admins, and an owner who runs it. The end is at midnight, so it waits for the end of quiet hours. */
  async 'review-held'(tx, { review: { id: reviewId, startedById } }) {
    const admins = (await tx.people.admins()).map(({ id }) => id);
    for (const personId of new Set([...admins, startedById]))
      await notifyPerson(tx, personId, {
        card: reviewReport.with({ reviewId, page: 0 }),
        key: `review-held:${reviewId}:${personId}`,
      });
  },
  async 'review-closed'(tx, { review }) {
    const card = reviewReport.with({ reviewId: review.id, page: 0 });
    for (const { id } of await runnersOf(tx, review)) await notifyPerson(tx, id, { card });
  },
  /** Nobody reminds someone who is away. */
  async 'back-from-absence'(tx, { personId }) {
    for (const { review } of await tx.reviews.waitingFor(personId))
      await ask(tx, personId, review.id);
  },
} satisfies EventHandlers;

/** Who started it, while they may run it; then every admin. */
async function runnersOf(tx: Transaction, { id, startedById }: Review): Promise<readonly Person[]> {
  const starter = await tx.people.find(startedById);
  return starter && (await mayRunReview(starter, id, tx)) ? [starter] : tx.people.admins();
}

const ask = (tx: Transaction, personId: string, reviewId: string): Promise<void> =>
  notifyPerson(tx, personId, {
    card: reviewCard.with({ reviewId, ofId: personId, page: 0 }),
    key: `review:${reviewId}:${personId}`,
  });
