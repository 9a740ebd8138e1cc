/** The reference to an integration's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';

export const integrationRefs = cardRefs({
  id: 'integration',
  payload: z.object({ integrationId: z.string() }),
  topic: ({ integrationId }) => integrationTopic(integrationId),
});

export const integrationCardRef = (integrationId: string): LiveCardRef =>
  integrationRefs.with({ integrationId });
