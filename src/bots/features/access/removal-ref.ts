/** The reference to a removal's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { removalTopic } from '../../../engine/work/topics.ts';

export const REMOVAL_CARD = 'removal';
export const removalPayload = z.object({ removalId: z.string() });

export const removalRef = (removalId: string): LiveCardRef => ({
  view: REMOVAL_CARD,
  payload: JSON.stringify({ removalId } satisfies z.infer<typeof removalPayload>),
  topic: removalTopic(removalId),
});
