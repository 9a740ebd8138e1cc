/** Who is told of an offboarding: whoever planned it, or every admin. Queued with the change itself. */
import type { OffboardingNews } from '../../engine/offboard.ts';
import type { Offboarding } from '../../engine/offboarding.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { offboardingCard } from './offboarding-card.ts';

async function tell(tx: Transaction, { id, startedById }: Offboarding): Promise<void> {
  const starter = startedById === undefined ? undefined : await tx.people.find(startedById);
  const readers = starter?.active ? [starter] : await tx.people.admins();
  for (const { id: personId } of readers)
    await tx.queue.push(
      'message.post',
      { personId, card: offboardingCard.with({ offboardingId: id, page: 0 }) },
      { lane: 'chat' },
    );
}

export const offboardingNews: OffboardingNews = { started: tell, done: tell };
