/** The reference to a removal's card. It has its own file because actions refer to the card and the card has their buttons. */
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
