/** Open: a person's card, from a list. */
import { maySee } from '../../engine/permission.ts';
import { buttonAction } from '../view/action.ts';
import { refuse } from './admins.ts';
import type { Turn } from './context.ts';
import { notYours, personPayload, showPerson } from './person-ref.ts';

export const openPerson = buttonAction({
  id: 'person.open',
  payload: personPayload,

  async handle({ personId }, { stores, actor }: Turn) {
    const person = await stores.people.find(personId);
    return person && maySee(actor, person) ? showPerson(personId) : refuse(notYours);
  },
});
