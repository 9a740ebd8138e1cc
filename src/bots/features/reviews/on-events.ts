/** Who is notified of a review: its reviewers when they have to decide, and the person who runs it when it starts and ends. */
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
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
  'review-closed': (tx, { review: { id: reviewId, startedById } }) =>
    notifyPerson(tx, startedById, { card: reviewReport.with({ reviewId, page: 0 }) }),
  /** Nobody reminds someone who is away. */
  async 'back-from-absence'(tx, { personId }) {
    for (const { review } of await tx.reviews.waitingFor(personId))
      await ask(tx, personId, review.id);
  },
} satisfies EventHandlers;

const ask = (tx: Transaction, personId: string, reviewId: string): Promise<void> =>
  notifyPerson(tx, personId, {
    card: reviewCard.with({ reviewId, ofId: personId, page: 0 }),
    key: `review:${reviewId}:${personId}`,
  });
