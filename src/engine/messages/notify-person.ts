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
  {
    card,
    key,
    notBefore = tx.now,
  }: { readonly card: LiveCardRef; readonly key?: string; readonly notBefore?: Date },
): Promise<void> {
  const [person, { quietHours }] = await Promise.all([
    tx.people.find(personId),
    workspaceSettings(tx),
  ]);
  if (!person?.active) return;
  const quiet = quietHours && quietUntil(quietHours, person.timeZone ?? tx.timeZone, notBefore);
  await tx.queue.push(
    'message.post',
    { personId, card },
    { lane: 'chat', dueAt: quiet ?? notBefore, key },
  );
}

/** Of several notifications within this time, someone gets the first one at once, and one message for all others. */
export const TOGETHER_MS = 10 * 60_000;

/** When the ten minutes began that this time is in. */
export const beganTogether = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / TOGETHER_MS) * TOGETHER_MS);

/**
 * Sends two messages for many at once, and not one for each.
 * @param what what they have in common, such as `run-failed`
 * @param others the card for all but the first, given the beginning of their ten minutes
 */
export async function notifyTogether(
  tx: Transaction,
  personId: string,
  {
    what,
    first,
    others,
  }: {
    readonly what: string;
    readonly first: LiveCardRef;
    readonly others: (since: Date) => LiveCardRef;
  },
): Promise<void> {
  const since = beganTogether(tx.now);
  if (await tx.occurrences.claim(`${what}:${personId}`, since))
    return notifyPerson(tx, personId, { card: first });
  await notifyPerson(tx, personId, {
    card: others(since),
    key: `${what}:others:${personId}`,
    notBefore: new Date(since.getTime() + TOGETHER_MS),
  });
}
