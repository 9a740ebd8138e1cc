/** The refusal for an integration that is being deleted. */
import { t } from '../../../core/translate.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { type Card, note } from '../../view/card.ts';

export const isBeingDeleted = ({ name }: Integration): Card =>
  note(
    t`${name} is being deleted`,
    t`It goes when the last removal of access has ended. Its card says how far that is.`,
  );
