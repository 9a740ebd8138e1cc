/** Who is notified of the end of a hold. Queued with the change itself. */
import type { Hold } from '../../../engine/access/hold.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { holdCard } from './hold-card.ts';

/** To the person; someone who has left reads nothing any more. */
export async function postHold(
  tx: Transaction,
  { id: holdId, personId }: Pick<Hold, 'id' | 'personId'>,
): Promise<void> {
  const person = await tx.people.find(personId);
  if (person?.active)
    await tx.queue.push(
      'message.post',
      { personId, card: holdCard.with({ holdId }) },
      // One that still waits to be sent isn't queued a second time.
      { lane: 'chat', key: `hold:${holdId}:${personId}` },
    );
}
