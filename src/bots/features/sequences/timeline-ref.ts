/** The reference to a timeline's card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';
import { pageShown } from '../paging.ts';

export const timelinePayload = pageShown.extend({ personId: z.string() });

export const timelineRefs = cardRefs({
  id: 'timeline',
  payload: timelinePayload,
  topic: ({ personId }) => personTopic(personId),
});

export const timelineRef = (personId: string): LiveCardRef =>
  timelineRefs.with({ personId, page: 0 });
