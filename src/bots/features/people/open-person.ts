/** Open: a person's card, from a list. */
import { t } from '../../../core/translate.ts';
import { isAdmin, maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { changeButtons } from '../transitions/current-change.ts';
import { gone } from './person-asked.ts';
import { notYours, personPayload, showPerson } from './person-ref.ts';

export const openPerson = buttonAction({
  id: 'person.open',
  payload: personPayload,

  async handle({ personId }, turn: Turn) {
    const { stores, actor: reader } = turn;
    const person = await stores.people.find(personId);
    if (person && maySee(reader, person)) return showPerson(personId);
    // The person who was their manager finds there what is still open of their move.
    if (person && (await changeButtons(person, { stores, reader })).length > 0)
      return showPerson(personId);
    if (!person && isAdmin(reader)) return refuse(gone());
    await auditRefusal(() => t`see this person`, turn, { personId });
    return refuse(await notYours(turn));
  },
});
