/** How a removal's card is named: by what begins one too, whose buttons the card itself has. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { removalTopic } from '../../../engine/work/topics.ts';

export const REMOVAL_CARD = 'removal';
export const removalPayload = z.object({ removalId: z.string() });

export const removalRef = (removalId: string): LiveCardRef => ({
  view: REMOVAL_CARD,
  payload: JSON.stringify({ removalId } satisfies z.infer<typeof removalPayload>),
  subject: removalTopic(removalId),
});
