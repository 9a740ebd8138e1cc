/** Notifications to one person, queued in the transaction of the change that they are about. */
import type { LiveCardRef } from '../../core/message.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { quietUntil } from './quiet-hours.ts';

/**
 * Sends the card as a new message, since an edit of an older one notifies nobody. It waits for the end of their quiet hours.
 * People who have left get none.
 * @param key keeps a second message from being queued while the first one waits
 */
export async function notifyPerson(
  tx: Transaction,
  personId: string,
  card: LiveCardRef,
  { key, notBefore = tx.now }: { readonly key?: string; readonly notBefore?: Date } = {},
): Promise<void> {
  const person = await tx.people.find(personId);
  if (!person?.active) return;
  const { quietHours } = await workspaceSettings(tx);
  const quiet = quietHours && quietUntil(quietHours, person.timeZone ?? tx.timeZone, notBefore);
  await tx.queue.push(
    'message.post',
    { personId, card },
    { lane: 'chat', dueAt: quiet ?? notBefore, key },
  );
}
