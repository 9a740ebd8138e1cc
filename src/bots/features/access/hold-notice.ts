/** Who is notified of the end of a hold. The message is queued in the same transaction as the change. */
import type { Hold } from '../../../engine/access/hold.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { holdCard } from './hold-card.ts';

/** Notifies the person, unless they have left. */
export async function postHold(
  tx: Transaction,
  { id: holdId, personId }: Pick<Hold, 'id' | 'personId'>,
): Promise<void> {
  const person = await tx.people.find(personId);
  if (person?.active)
    await notifyAtOnce(tx, personId, {
      card: holdCard.with({ holdId }),
      key: `hold:${holdId}:${personId}`,
    });
}
