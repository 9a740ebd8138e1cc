/** References to the cards of a sequence's automatic starts; a separate file avoids an import cycle with the cards. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { sequenceStartsTopic } from '../../../engine/work/topics.ts';
import { type Reply, showCard } from '../../view/action.ts';
import { cardRefs } from '../../view/live-card.ts';
import { sequenceFor } from './sequence-ref.ts';

export const startsPayload = z.object({ sequenceId: z.string() });

export const sequenceStartsRefs = cardRefs({
  id: 'sequence-starts',
  payload: startsPayload,
  topic: ({ sequenceId }) => sequenceStartsTopic(sequenceId),
});

export const showStarts = (sequenceId: string): Reply =>
  showCard(sequenceStartsRefs.with({ sequenceId }));

const wanted = () => t`set when sequences start automatically`;

/** The sequence in its current state, for an admin. */
export const startsFor = sequenceFor(wanted);
