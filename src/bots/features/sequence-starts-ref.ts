/** Where a sequence starts by itself, as references: the cards' own buttons stand on them. */
import { z } from 'zod';
import type { LiveCardRef } from '../../core/message.ts';
import type { Sequence } from '../../engine/sequences/sequence.ts';
import { sequenceStartsSubject } from '../../engine/subjects.ts';
import type { Reply } from '../view/action.ts';
import { type Card, note } from '../view/card.ts';
import { asAdmin } from './admins.ts';
import type { Turn } from './context.ts';

export const SEQUENCE_STARTS_CARD = 'sequence-starts';
export const startsPayload = z.object({ sequenceId: z.string() });

const sequenceStartsRef = (sequenceId: string): LiveCardRef => ({
  view: SEQUENCE_STARTS_CARD,
  payload: JSON.stringify({ sequenceId }),
  subject: sequenceStartsSubject(sequenceId),
});

export const showStarts = (sequenceId: string): Reply => ({
  kind: 'show',
  card: sequenceStartsRef(sequenceId),
});

const STARTS_WHAT = 'say when sequences start by themselves';

type Targeted =
  | { readonly sequence: Sequence; readonly refused?: undefined }
  | { readonly sequence?: undefined; readonly refused: Card };

/** The sequence as it is now, for an admin. */
export async function startsFor(sequenceId: string, turn: Turn): Promise<Targeted> {
  const { refused } = await asAdmin(STARTS_WHAT, turn);
  if (refused) return { refused };
  const sequence = await turn.stores.sequences.find(sequenceId);
  return sequence && !sequence.deletedAt
    ? { sequence }
    : {
        refused: note(
          'This sequence was deleted meanwhile',
          'Write "sequences" to see the others.',
        ),
      };
}
