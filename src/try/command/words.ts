import { plural } from '../../core/translate.ts';
import type { Words } from '../words.ts';

/** On a terminal all inputs come from files. */
export const terminalWords: Words = {
  useSync: 'The manifest is a sync: try it with --part sync.',
  useExecute:
    'The manifest imports no one: it has no action and no data_structure. Try --part execute.',
  addPart: 'Add one, or try another --part.',
  noSuchPart: (wanted, parts) => `--part ${wanted} is no part; use ${parts.join(', ')}.`,
  noPerson: `Who is it about? Give a file with --person, such as {"email": "ann@example.com", "first_name": "Ann"}.`,
  noSecrets: (unset) => {
    const names = unset.map(({ id }) => id).join(', ');
    return plural(unset.length, {
      one: `${names} of initial_data_form is missing; put it into the file given with --secrets.`,
      other: `${names} of initial_data_form are missing; put them into the file given with --secrets.`,
    });
  },
  noToken:
    'The manifest has oauth, and is not connected. To try it, put the saved token answer into the file given with --secrets, as "oauth": {"access_token": "…"}.',
  noAnswer: 'is missing; put it into the file given with --form',
  noFact: 'is missing; put it into the file given with --form, or into "stored" of the person',
};
