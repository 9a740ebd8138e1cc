/** The reference to an integration's card; a separate file avoids an import cycle with the card. */
import type { LiveCardRef } from '../../../core/message.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';

export const INTEGRATION_CARD = 'integration';

export const integrationCardRef = (integrationId: string): LiveCardRef => ({
  view: INTEGRATION_CARD,
  payload: JSON.stringify({ integrationId }),
  topic: integrationTopic(integrationId),
});
