/** The reference to a timeline's card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { pageShown } from '../paging.ts';

export const TIMELINE_CARD = 'timeline';
export const timelinePayload = pageShown.extend({ personId: z.string() });

export const timelineRef = (personId: string): LiveCardRef => ({
  view: TIMELINE_CARD,
  payload: JSON.stringify({ personId, page: 0 }),
  topic: personTopic(personId),
});
