/** A person whom only an admin may change, in their current state. */
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { foundForAdmins } from '../admins.ts';

/** @param what completes the sentence "You can't …" */
export const personForAdmin = (what: () => string) =>
  foundForAdmins({ what, about: ({ personId }: PersonTarget) => ({ personId }) }, personNow);

export interface PersonTarget {
  readonly personId: string;
}

export async function personNow(
  { personId }: PersonTarget,
  turn: Turn,
): Promise<OrRefused<{ readonly person: Person }>> {
  const person = await turn.stores.people.find(personId);
  return person ? { person } : { refused: gone() };
}

export const gone = () =>
  note(t`This person no longer exists`, t`They have been erased. Nothing changed.`);
