/** Says which sequences did not start, where the rest of a form was done. */
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { type Reply, sayToPerson } from '../../view/action.ts';
import { note, withButtons } from '../../view/card.ts';
import { openPerson } from '../people/open-person.ts';

/** @param why a sentence for each, as `assignAll` returns them */
export const notStarted = (
  title: string,
  why: readonly string[],
  { id: personId }: Pick<Person, 'id'>,
): Reply =>
  sayToPerson(
    withButtons(note(title, ...why), {
      label: t`View their card`,
      does: openPerson.with({ personId }),
    }),
  );
