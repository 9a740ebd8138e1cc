/** The integration's card as a reference: what changes an integration shows its card, whose buttons change integrations. */
import type { LiveCardRef } from '../../../core/message.ts';
import { integrationTopic } from '../../../engine/work/topics.ts';

export const INTEGRATION_CARD = 'integration';

export const integrationCardRef = (integrationId: string): LiveCardRef => ({
  view: INTEGRATION_CARD,
  payload: JSON.stringify({ integrationId }),
  subject: integrationTopic(integrationId),
});
