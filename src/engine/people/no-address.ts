/** What stands for the address of someone who has left and whose address someone else has by now: every person has one of their own. */
import { t } from '../../core/translate.ts';
import type { Person } from './directory.ts';

/** No mail gets there, and nobody can have such an address: RFC 2606 keeps `.invalid` free. */
const DOMAIN = '@left.invalid';

export const noAddressOf = ({ id }: Pick<Person, 'id'>): string => `${id}${DOMAIN}`;

export const hasAddress = ({ email }: Pick<Person, 'email'>): boolean => !email.endsWith(DOMAIN);

/** For people who read it. */
export const sayAddress = (person: Pick<Person, 'email'>): string =>
  hasAddress(person) ? person.email : t`no email address`;
