/** Deactivate… and Reactivate…: a person has left, or is back. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { deactivate, reactivate } from '../../../engine/people/change-person.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { rich, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { unlessFailed } from '../change.ts';
import { grantsAutomatically } from './automatic-grants.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { personPayload, showPerson } from './person-ref.ts';

export const deactivatePerson = formAction({
  id: 'person.deactivate',
  payload: personPayload,
  admit: personForAdmin(() => t`deactivate people`),
  title: () => t`Deactivate a person`,
  submitLabel: () => t`Deactivate`,
  tone: 'danger',

  fields: async (_payload, { person }) => ({
    intro: [
      rich`From now on, ${strong(fullName(person))} (${person.email}) can't use Latchkey. Only lists that include leavers still show them.`,
      t`Latchkey removes all their access now. Their record and history stay until you erase them. The audit log stays.`,
      t`If their last day is still to come, press Offboard… on their card instead: their access then stays until the end of that day.`,
    ],
  }),

  async submit(_values, { personId }, turn) {
    const leave = async (tx: Transaction) => {
      const person = await tx.people.hold(personId);
      return person && deactivate(tx, person, { ...turn, actor: actorOf(turn) });
    };
    const left = await turn.transact(leave); // Two admins may deactivate each other at the same time.
    if (!left) return refuse(gone());
    return unlessFailed(left, t`Nothing changed`, showPerson(personId));
  },
});

export const reactivatePerson = formAction({
  id: 'person.reactivate',
  payload: personPayload,
  admit: personForAdmin(() => t`reactivate people`),
  title: () => t`Reactivate a person`,
  submitLabel: () => t`Reactivate`,

  fields: async (_payload, { person, ...turn }) => ({
    intro: compact([
      rich`${strong(fullName(person))} (${sayAddress(person)}) can use Latchkey again, and is in lists again.`,
      (await grantsAutomatically(turn.stores))
        ? t`A rule, or a sequence that starts automatically, may grant them access.`
        : t`This grants no access.`,
      t`Access still being removed waits three days, and you get a list to keep or remove it. What integrations had stored for them is deleted, since it may belong to someone else now.`,
      person.role === 'admin' &&
        t`They were an admin. This doesn't make them one again: use Role… afterwards.`,
    ]),
  }),

  async submit(_values, { personId }, turn) {
    const comeBack = async (tx: Transaction) => {
      const person = await tx.people.hold(personId);
      return person && reactivate(tx, person, { ...turn, actor: actorOf(turn) });
    };
    const back = await turn.transact(comeBack); // Their offboarding may change at the same time.
    return back ? showPerson(personId) : refuse(gone());
  },
});
