/** References to the cards of a sequence's automatic starts; a separate file avoids an import cycle with the cards. */
import { z } from 'zod';
import type { LiveCardRef } from '../../../core/message.ts';
import { t } from '../../../core/translate.ts';
import { sequenceStartsTopic } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { sequenceFor } from './sequence-ref.ts';

export const SEQUENCE_STARTS_CARD = 'sequence-starts';
export const startsPayload = z.object({ sequenceId: z.string() });

const sequenceStartsRef = (sequenceId: string): LiveCardRef => ({
  view: SEQUENCE_STARTS_CARD,
  payload: JSON.stringify({ sequenceId }),
  topic: sequenceStartsTopic(sequenceId),
});

export const showStarts = (sequenceId: string): Reply => ({
  kind: 'show',
  card: sequenceStartsRef(sequenceId),
});

const wanted = () => t`set when sequences start automatically`;

/** The sequence in its current state, for an admin. */
export const startsFor = ({ sequenceId }: { readonly sequenceId: string }, turn: Turn) =>
  sequenceFor(wanted, sequenceId, turn);
