/** The reference to an offboarding's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { offboardingTopic } from '../../../engine/work/topics.ts';
import { pageShown } from '../paging.ts';

export const OFFBOARDING_CARD = 'offboarding';
export const offboardingPayload = pageShown.extend({
  offboardingId: z.string(),
});
export type OffboardingShown = z.infer<typeof offboardingPayload>;

export const offboardingRef = (offboardingId: string): LiveCardRef => ({
  view: OFFBOARDING_CARD,
  payload: JSON.stringify({ offboardingId, page: 0 } satisfies OffboardingShown),
  topic: offboardingTopic(offboardingId),
});
