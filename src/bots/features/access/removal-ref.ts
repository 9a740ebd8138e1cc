/** The reference to a removal's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { removalTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';

export const removalPayload = z.object({ removalId: z.string() });

export const removalRefs = cardRefs({
  id: 'removal',
  payload: removalPayload,
  topic: ({ removalId }) => removalTopic(removalId),
});

export const removalRef = (removalId: string): LiveCardRef => removalRefs.with({ removalId });
