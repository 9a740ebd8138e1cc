import { z } from 'zod';

export const TIMELINE_CARD = 'timeline';
export const timelinePayload = z.object({ personId: z.string(), page: z.number().int().min(0) });
