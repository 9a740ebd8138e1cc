import { t } from '../../core/translate.ts';
import { type Card, note } from '../view/card.ts';

/** In place of a card, where what it was about was deleted, or was never its reader's. */
export const noLongerExists = (): Card =>
  note(t`This item no longer exists`, t`You don't need to do anything.`);
