/** Who is notified of the end of a hold. The message is queued in the same transaction as the change. */
import type { Hold } from '../../../engine/access/hold.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { holdCard } from './hold-card.ts';

/** Notifies the person, unless they have left. */
export async function postHold(
  tx: Transaction,
  { id: holdId, personId }: Pick<Hold, 'id' | 'personId'>,
): Promise<void> {
  const person = await tx.people.find(personId);
  if (person?.active)
    await tx.queue.push(
      'message.post',
      { personId, card: holdCard.with({ holdId }) },
      // Keeps a second message from being queued while the first is waiting.
      { lane: 'chat', key: `hold:${holdId}:${personId}` },
    );
}
