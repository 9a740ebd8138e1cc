/** A run that a condition of the manifest stopped isn't retried: admins get its card, with what the app answered. */
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { runCard } from './run-card.ts';

export const runEvents: EventHandlers = {
  async 'run-ended'(tx, { run: { id: runId, state, startedBy } }) {
    if (state !== 'blocked') return;
    const starterId = startedBy.kind === 'person' ? startedBy.personId : undefined;
    for (const { id: personId } of await tx.people.admins()) {
      if (personId === starterId) continue; // They have the card already.
      const card = runCard.with({ runId });
      await tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
    }
  },
};
