/** The refusal for an integration that is being deleted. */
import { t } from '../../../core/translate.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { type Card, note } from '../../view/card.ts';

export const isBeingDeleted = ({ name }: Integration): Card =>
  note(
    t`${name} is being deleted`,
    t`It's deleted once the last access is removed. Its card shows the progress.`,
  );
