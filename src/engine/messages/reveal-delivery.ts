/** A link of purpose `delivery` shows a message with a secret, once. */
import { t } from '../../core/translate.ts';
import type { Link } from '../links/link.ts';
import { SYSTEM } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidateDelivery } from '../work/topics.ts';
import { type Delivery, withoutBody } from './delivery.ts';

export interface Revealed {
  readonly title: string;
  readonly text: string;
}

/** @returns the message, which is deleted with this; `gone` when it was deleted before */
export async function revealDelivery(
  tx: Transaction,
  link: Link,
): Promise<Revealed | 'gone' | 'shown'> {
  const delivery = await tx.deliveries.find(link.subject);
  if (!delivery || delivery.recipientId !== link.personId) return 'gone';
  if (delivery.body === 'revealed') return 'shown';
  if (delivery.state !== 'sent') return 'gone';
  return (await showOnce(tx, delivery, link.personId)) ?? 'gone';
}

/**
 * Returns a message that is kept, and deletes it.
 * @param personId who sees it; undefined when the link alone was enough
 */
export async function showOnce(
  tx: Transaction,
  delivery: Delivery,
  personId: string | undefined,
): Promise<Revealed | undefined> {
  const notification = delivery.outgoing?.notification;
  if (!notification || delivery.body !== 'kept') return undefined;
  await tx.deliveries.save({ ...withoutBody(delivery, 'revealed'), shownAt: tx.now });
  await tx.audit(personId === undefined ? 'delivery.link-used' : 'delivery.revealed', {
    actor: personId === undefined ? SYSTEM : { kind: 'person', personId, via: 'web' },
    personId,
    runId: delivery.runId,
    ...(personId === undefined && { detail: { to: delivery.outgoing?.shownTo ?? '' } }),
  });
  await invalidateDelivery(tx, delivery);
  return { title: notification.subject || t`Your message`, text: notification.message };
}
