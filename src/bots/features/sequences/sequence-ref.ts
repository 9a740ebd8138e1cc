/** The reference to a sequence's card; a separate file avoids an import cycle with the card. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import { sequenceTopic } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import { type OrRefused, type Reply, showCard } from '../../view/action.ts';
import { note, withButtons } from '../../view/card.ts';
import { cardRefs } from '../../view/live-card.ts';
import { foundForAdmins } from '../admins.ts';
import { pageShown } from '../paging.ts';
import { wordButton } from '../word-button.ts';

export const sequencePayload = pageShown.extend({
  sequenceId: z.string(),
});

export const sequenceTarget = z.object({ sequenceId: z.string() });

export const sequenceRefs = cardRefs({
  id: 'sequence',
  payload: sequencePayload,
  topic: ({ sequenceId }) => sequenceTopic(sequenceId),
});

export const showSequence = (sequenceId: string): Reply =>
  showCard(sequenceRefs.with({ sequenceId, page: 0 }));

/** The sequence that an admin wants to change, in its current state. @param what completes the sentence "You can't …" */
export const sequenceFor = (what: () => string) => foundForAdmins(what, sequenceNow);

export async function sequenceNow(
  { sequenceId }: { readonly sequenceId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly sequence: Sequence }>> {
  const sequence = await turn.stores.sequences.find(sequenceId);
  return sequence && !sequence.deletedAt
    ? { sequence }
    : {
        refused: withButtons(
          note(t`${sequence?.name ?? t`This sequence`} has been deleted`, t`Nothing changed.`),
          wordButton(t`Sequences`, 'sequences'),
        ),
      };
}
