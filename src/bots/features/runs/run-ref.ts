/** The reference to a run's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { runTopic } from '../../../engine/work/topics.ts';
import { cardRefs } from '../../view/live-card.ts';

export const runPayload = z.object({ runId: z.string() });

export const runRefs = cardRefs({
  id: 'run',
  payload: runPayload,
  topic: ({ runId }) => runTopic(runId),
});

export const runRef = (runId: string): LiveCardRef => runRefs.with({ runId });
