/** What a link of purpose `delivery` shows: a message with a secret in it, once. */
import { say } from '../core/say.ts';
import { withoutBody } from './delivery.ts';
import type { Link } from './links.ts';
import type { Clock, NewId } from './ports/time-and-chance.ts';
import type { Transaction } from './ports/unit-of-work.ts';
import { touchDelivery } from './subjects.ts';

export interface Revealed {
  readonly title: string;
  readonly text: string;
}

/** @returns the message, which is gone from then on; undefined where it is gone already */
export async function revealDelivery(
  tx: Transaction,
  link: Link,
  { now, newId }: { readonly now: Clock; readonly newId: NewId },
): Promise<Revealed | undefined> {
  const delivery = await tx.deliveries.find(link.subject);
  const notification = delivery?.outgoing?.notification;
  if (!delivery || !notification || delivery.recipientId !== link.personId) return undefined;
  if (delivery.state !== 'sent' || delivery.body !== 'kept') return undefined;
  await tx.deliveries.save(withoutBody(delivery, 'revealed'));
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor: { kind: 'person', personId: link.personId, via: 'web' },
    what: 'delivery.revealed',
    personId: link.personId,
    ...(delivery.runId !== undefined && { runId: delivery.runId }),
  });
  await touchDelivery(tx, delivery);
  return { title: notification.subject || say`Your message`, text: notification.message };
}
