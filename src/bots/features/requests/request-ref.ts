/** The reference to a request's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { requestTopic } from '../../../engine/work/topics.ts';

export const REQUEST_CARD = 'request';
export const requestPayload = z.object({ requestId: z.string() });

export const requestRef = (requestId: string): LiveCardRef => ({
  view: REQUEST_CARD,
  payload: JSON.stringify({ requestId } satisfies z.infer<typeof requestPayload>),
  topic: requestTopic(requestId),
});
