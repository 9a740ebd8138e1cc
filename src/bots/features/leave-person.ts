/** Deactivate… and Reactivate…: somebody has left, or is back. */
import { deactivate, reactivate } from '../../engine/change-person.ts';
import { fullName } from '../../engine/directory.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/retry-stale.ts';
import { formAction } from '../view/action.ts';
import { note } from '../view/card.ts';
import { refuse } from './admins.ts';
import { actorOf, type Turn } from './context.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { personPayload, showPerson } from './person-ref.ts';

export const deactivatePerson = formAction({
  id: 'person.deactivate',
  payload: personPayload,
  title: 'Deactivate a person',
  submitLabel: 'Deactivate',
  tone: 'danger',

  async fields({ personId }, turn: Turn) {
    const { person, refused } = await personForAdmin('deactivate people', personId, turn);
    if (refused) return { refused };
    return {
      intro: [
        [
          { kind: 'strong', text: fullName(person) },
          ` (${person.email}) can't use Latchkey from then on and is in no list any more. What they are being granted right now is stopped.`,
        ],
        ['What they have stays: their card shows it afterwards, with Access to revoke it.'],
      ],
      fields: {},
    };
  },

  async submit(_values, { personId }, turn) {
    const { refused } = await personForAdmin('deactivate people', personId, turn);
    if (refused) return refuse(refused);
    const leave = async (tx: Transaction) => {
      const person = await tx.people.hold(personId);
      return person && deactivate(tx, person, { ...turn, actor: actorOf(turn) });
    };
    const left = await retryStale(() => turn.transact(leave)); // Two admins may deactivate each other.
    if (!left) return refuse(gone);
    return left.ok ? showPerson(personId) : refuse(note('Nothing was changed', left.why));
  },
});

export const reactivatePerson = formAction({
  id: 'person.reactivate',
  payload: personPayload,
  title: 'Reactivate a person',
  submitLabel: 'Reactivate',

  async fields({ personId }, turn: Turn) {
    const { person, refused } = await personForAdmin('reactivate people', personId, turn);
    if (refused) return { refused };
    return {
      intro: [
        [
          { kind: 'strong', text: fullName(person) },
          ` (${person.email}) can use Latchkey again, and is in lists again.`,
        ],
        [
          'Nothing that they had is granted by that. What integrations had stored with them is dropped, since it may belong to somebody else now, and their access is unknown until it is asked.',
        ],
        ...(person.role === 'admin'
          ? [['They were an admin, and are not one again by this: use Role… afterwards.']]
          : []),
      ],
      fields: {},
    };
  },

  async submit(_values, { personId }, turn) {
    const { refused } = await personForAdmin('reactivate people', personId, turn);
    if (refused) return refuse(refused);
    const back = await turn.transact(async (tx) => {
      const person = await tx.people.hold(personId);
      return person && reactivate(tx, person, { ...turn, actor: actorOf(turn) });
    });
    return back ? showPerson(personId) : refuse(gone);
  },
});
