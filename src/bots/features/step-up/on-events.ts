/** Other admins are asked about an authenticator; its person reads how it ended. */
import { notifyAtOnce, notifyPerson } from '../../../engine/messages/notify-person.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { authenticatorQuestion } from './authenticator-question.ts';
import { authenticatorCard } from './set-up-authenticator.ts';

export const stepUpEvents = {
  async 'authenticator-waiting'(tx, { authenticator: { id: authenticatorId, personId } }) {
    const card = authenticatorQuestion.with({ authenticatorId, personId });
    for (const admin of await tx.people.admins())
      if (admin.id !== personId) await notifyAtOnce(tx, admin.id, { card });
    await notifyPerson(tx, personId, { card: authenticatorCard.with({ personId }) });
  },

  'authenticator-answered': (tx, { authenticator: { personId } }) =>
    notifyPerson(tx, personId, { card: authenticatorCard.with({ personId }) }),
} satisfies EventHandlers;
