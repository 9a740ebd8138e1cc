/** The timeline's card as a reference. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { personSubject } from '../../../engine/work/subjects.ts';

export const TIMELINE_CARD = 'timeline';
export const timelinePayload = z.object({ personId: z.string(), page: z.number().int().min(0) });

export const timelineRef = (personId: string): LiveCardRef => ({
  view: TIMELINE_CARD,
  payload: JSON.stringify({ personId, page: 0 }),
  subject: personSubject(personId),
});
