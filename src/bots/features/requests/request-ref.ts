/** The reference to a request's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { requestTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';

export const requestPayload = z.object({ requestId: z.string() });

export const requestRefs = cardRefs({
  id: 'request',
  payload: requestPayload,
  topic: ({ requestId }) => requestTopic(requestId),
});

export const requestRef = (requestId: string): LiveCardRef => requestRefs.with({ requestId });
