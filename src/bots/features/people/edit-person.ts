/** Edit…: the fields of a person in the directory. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { changePerson } from '../../../engine/people/change-person.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { PersonDetails } from '../../../engine/people/person-details.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { actorOf } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { note, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { changesIn, personFormFields } from './person-form.ts';
import { personPayload, showPerson } from './person-ref.ts';
import { besideFields } from './person-words.ts';

const wanted = () => t`change people`;

export const editPerson = formAction({
  id: 'person.edit',
  payload: personPayload,
  admit: personForAdmin(wanted),
  title: () => t`Edit a person`,
  submitLabel: () => t`Save`,

  async fields({ personId }, { person, ...turn }) {
    const linked = (await turn.stores.identities.ofPerson(personId)).length > 0;
    return {
      intro: compact([
        [strong(fullName(person)), ` (${person.email})`],
        linked && t`Their chat account stays linked to them, even if the email address changes.`,
      ]),
      fields: await personFormFields(turn.stores, await detailsNow(person, turn.stores), person),
    };
  },

  async submit(values, { personId }, { shown, ...turn }) {
    const changed = await turn.transact(async (tx) => {
      const person = await tx.people.hold(personId);
      const details = changesIn(values, shown);
      return person && changePerson(tx, person, { actor: actorOf(turn), details });
    });
    if (!changed) return refuse(gone());
    if (!changed.ok) return { kind: 'invalid', errors: besideFields(changed.errors) };
    if (changed.changed.length === 0)
      return refuse(note(t`Nothing changed`, t`You didn't change any field.`));
    return showPerson(personId);
  },
});

/** The initial values of the form. */
async function detailsNow(
  person: Person,
  { people }: Pick<Stores, 'people'>,
): Promise<PersonDetails> {
  const [manager, buddy] = await Promise.all([
    person.managerId ? people.find(person.managerId) : undefined,
    person.buddyId ? people.find(person.buddyId) : undefined,
  ]);
  return {
    ...person,
    managerEmail: manager?.email,
    buddyEmail: buddy?.email,
  };
}
