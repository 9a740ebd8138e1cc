/** The reference to a run's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { runTopic } from '../../../engine/work/topics.ts';

export const RUN_CARD = 'run';
export const runPayload = z.object({ runId: z.string() });

export const runRef = (runId: string): LiveCardRef => ({
  view: RUN_CARD,
  payload: JSON.stringify({ runId } satisfies z.infer<typeof runPayload>),
  topic: runTopic(runId),
});
