/** Home: a place of each person's own, which a platform may have, that shows one card at a time. */
import { t } from '../../core/translate.ts';
import type { ActionCall } from './action-call.ts';
import { type Block, type Card, rich, strong } from './card.ts';

export interface Home<Turn> {
  /** As it is now for whoever asks. */
  readonly card: (turn: Turn) => Promise<Card>;
  /** Shows it again: pressed there, or under another card that stands in its place. */
  readonly again: ActionCall;
}

/** A card that stands in Home's place, and the way back: at its beginning, since its end may not fit. */
export const withWayBack = <Turn>(card: Card, { again }: Home<Turn>): Card => ({
  ...card,
  blocks: [{ kind: 'buttons', buttons: [{ label: t`Back to Home`, does: again }] }, ...card.blocks],
});

/** Home after a press there that was answered in the direct conversation, which is out of sight. */
export const saidElsewhere = (card: Card): Card => ({ ...card, blocks: [sent(), ...card.blocks] });

const sent = (): Block => ({
  kind: 'text',
  text: rich`${strong(t`I have sent it to you`)}: it is in our direct conversation, the newest message.`,
});
