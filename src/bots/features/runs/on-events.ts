/** A run that was stopped by a condition of its manifest isn't retried. Admins get its card with the app's answer. */
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { runCard } from './run-card.ts';

export const runEvents = {
  async 'run-ended'(tx, { run: { id: runId, state, startedBy } }) {
    if (state !== 'blocked') return;
    const starterId = startedBy.kind === 'person' ? startedBy.personId : undefined;
    for (const { id: personId } of await tx.people.admins()) {
      if (personId === starterId) continue; // They have the card already.
      const card = runCard.with({ runId });
      await tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
    }
  },
} satisfies EventHandlers;
