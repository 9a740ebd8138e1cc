/** The reference to an offboarding's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { offboardingTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';
import { pageShown } from '../paging.ts';

export const offboardingPayload = pageShown.extend({
  offboardingId: z.string(),
});
export type OffboardingShown = z.infer<typeof offboardingPayload>;

export const offboardingRefs = cardRefs({
  id: 'offboarding',
  payload: offboardingPayload,
  topic: ({ offboardingId }) => offboardingTopic(offboardingId),
});

export const offboardingRef = (offboardingId: string): LiveCardRef =>
  offboardingRefs.with({ offboardingId, page: 0 });
