/** Role…: who is an admin, an auditor or at the helpdesk. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { changePerson } from '../../../engine/people/change-person.ts';
import { fullName, type Role } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { note, strong } from '../../view/card.ts';
import { leftAlone } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { personPayload, showPerson } from './person-ref.ts';
import { asSentence } from './person-words.ts';

const wanted = () => t`change people's roles`;

const options = (): readonly { readonly value: Role; readonly label: string }[] => [
  { value: 'admin', label: t`Admin: can do everything, for everyone` },
  { value: 'auditor', label: t`Auditor: reads everything but secrets` },
  { value: 'helpdesk', label: t`Helpdesk: looks up, requests, retries` },
  { value: 'manager', label: t`Manager (a label only; rights come from having reports)` },
  { value: 'new_hire', label: t`New hire` },
  { value: 'other', label: t`No special role` },
];

export const changeRole = formAction({
  id: 'person.role',
  payload: personPayload,
  admit: personForAdmin(wanted),
  title: () => t`Change the role`,
  submitLabel: () => t`Save`,

  async fields(_payload, { person, ...turn }) {
    const named = turn.installation.adminEmails.includes(person.email);
    return {
      intro: compact([
        [strong(fullName(person)), ` (${person.email})`],
        t`A person's manager can see, grant and revoke their access, whatever role the manager has.`,
        named &&
          t`ADMIN_EMAILS names ${person.email}, so another role only lasts until Latchkey restarts.`,
      ]),
      fields: {
        role: { kind: 'choice', label: t`Role`, options: options(), initial: person.role },
      },
    };
  },

  async submit(sent, { personId }, { shown, ...turn }) {
    const change = async (tx: Transaction) => {
      const person = await tx.people.hold(personId);
      const details = leftAlone(sent, shown).has('role') ? {} : sent;
      return person && changePerson(tx, person, { actor: actorOf(turn), details });
    };
    const changed = await turn.transact(change); // Two admins may change each other at the same time.

    if (!changed) return refuse(gone());
    if (!changed.ok)
      return changed.errors.role
        ? { kind: 'invalid', errors: { role: asSentence(changed.errors.role) } }
        : refuse(note(t`Nothing changed`, changed.problems.join(' ')));
    return showPerson(personId);
  },
});
