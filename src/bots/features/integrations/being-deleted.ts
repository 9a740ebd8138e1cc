/** What an integration that is being deleted refuses. */
import { say } from '../../../core/say.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { type Card, note } from '../../view/card.ts';

export const isBeingDeleted = ({ name }: Integration): Card =>
  note(
    say`${name} is being deleted`,
    say`It goes when the last removal of access has ended. Its card says how far that is.`,
  );
