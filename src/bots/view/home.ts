/** Home: a place for each person that some platforms have. It shows one card at a time. */
import { t } from '../../core/translate.ts';
import type { ActionCall } from './action-call.ts';
import { type Block, buttonRow, type Card, paragraph, rich, strong } from './card.ts';

export interface Home<Turn> {
  /** Its current state for the person. */
  readonly card: (turn: Turn) => Promise<Card>;
  /** The button that shows Home again: on Home itself, or on a card in its place. */
  readonly again: ActionCall;
}

/** A card in Home's place with a way back. The button comes first, since the end of a card may not fit. */
export const withWayBack = <Turn>(card: Card, { again }: Home<Turn>): Card => ({
  ...card,
  blocks: [...buttonRow([{ label: t`Back to Home`, does: again }]), ...card.blocks],
});

/** Home after a press that was answered in the direct conversation, which the person doesn't see from here. */
export const saidElsewhere = (card: Card): Card => ({ ...card, blocks: [sent(), ...card.blocks] });

const sent = (): Block =>
  paragraph(rich`${strong(t`I've sent it to you`)}: it's the newest message in our direct chat.`);
