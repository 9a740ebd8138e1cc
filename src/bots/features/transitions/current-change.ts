/** Current change: the card of the move or the first days that are under way, opened again from the person's card. */
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { maySeePlans } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Transition } from '../../../engine/transitions/transition.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, showCard } from '../../view/action.ts';
import { type Button, note } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { personPayload } from '../people/person-ref.ts';
import { transitionRef } from './transition-ref.ts';

/** Admins, auditors and the manager; the managers from before until they have left. */
export const maySeeChange = (
  reader: Person,
  person: Person,
  { formerManagerIds, state }: Transition,
): boolean =>
  maySeePlans(reader, person) ||
  (reader.active && state !== 'replaced' && formerManagerIds.includes(reader.id));

/** For the person who may see it, while it is open. */
export async function changeButtons(
  person: Person,
  { stores, reader }: { readonly stores: Stores; readonly reader: Person },
): Promise<readonly Button[]> {
  const change = await openChangeOf(person.id, stores);
  return change && maySeeChange(reader, person, change)
    ? [{ label: t`Current change`, does: openChange.with({ personId: person.id }) }]
    : [];
}

/** What is only noted has no card yet. */
const openChangeOf = async (personId: string, { transitions }: Stores) =>
  (await transitions.currentOf([personId])).find(({ state }) => state === 'open');

export const openChange = buttonAction({
  id: 'transition.open',
  payload: personPayload,

  async handle({ personId }, turn: Turn) {
    const { stores, actor } = turn;
    const person = await stores.people.find(personId);
    const change = person && (await openChangeOf(personId, stores));
    if (person && change && maySeeChange(actor, person, change))
      return showCard(transitionRef(change));
    if (person && maySeePlans(actor, person))
      return refuse(
        note(
          t`This change is complete`,
          t`Everything that it granted or removed is done. The person's access card shows what they have now.`,
        ),
      );
    await auditRefusal(() => t`see this change`, turn, { personId });
    return refuse(
      note(
        t`You can't see this change`,
        t`Only this person's manager, Latchkey admins and auditors can. Their previous manager can until the change is complete.`,
      ),
    );
  },
});
