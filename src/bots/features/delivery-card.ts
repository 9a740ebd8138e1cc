/** A message with a secret in it, as chat shows it: without the message, and with a button that reveals it once. */
import { z } from 'zod';
import { deliverySubject } from '../../engine/subjects.ts';
import { note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import type { Reader } from './context.ts';

export const deliveryCard = liveCard({
  id: 'delivery',
  payload: z.object({ deliveryId: z.string() }),
  subject: ({ deliveryId }) => deliverySubject(deliveryId),

  async render({ deliveryId }, { stores, reader }: Reader) {
    const delivery = await stores.deliveries.find(deliveryId);
    if (!delivery || delivery.recipientId !== reader.id)
      return note('This is about something that is gone', 'There is nothing to do.');
    return note('There is something for your eyes only', 'It is shown once.');
  },
});
