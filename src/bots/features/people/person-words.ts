/** How people are written in lists and cards. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { fullName, type Person, type Role } from '../../../engine/people/directory.ts';
import type { PersonErrors, PersonField } from '../../../engine/people/person-details.ts';
import type { Text } from '../../view/card.ts';

export const roleWords = (): Readonly<Record<Role, string>> => ({
  admin: t`admin`,
  manager: t`manager`,
  new_hire: t`new hire`,
  other: t`no special role`,
});

/** `Ann Lee · Engineer · R&D · new hire`; what isn't known is left out. */
export function personLine(person: Person): Text {
  const { position, department, role, active, email } = person;
  const known = [
    ...(fullName(person) === email ? [] : [email]),
    ...(position ? [position] : []),
    ...(department ? [department] : []),
    roleWords()[role],
    ...(active ? [] : [t`has left`]),
  ];
  return [{ kind: 'strong', text: fullName(person) }, ` · ${known.join(' · ')}`];
}

/** The name, of somebody who has left with that. */
export const nameOf = (person: Person): string =>
  person.active ? fullName(person) : t`${fullName(person)} (has left)`;

/** What is wrong, as it stands beside the fields of a form. */
export const besideFields = (errors: PersonErrors): PersonErrors =>
  Object.fromEntries(
    Object.entries(errors).map(([field, error]) => [field as PersonField, asSentence(error)]),
  );

/** `1 person`, `1,234 people` */
export const countPeople = (count: number): string =>
  plural(count, { one: t`1 person`, other: t`${sayNumber(count)} people` });

/** Of what an integration or a file brings. */
export const countRows = (count: number): string =>
  plural(count, { one: t`1 row`, other: t`${sayNumber(count)} rows` });

/** With a capital at its start, where that isn't an address, and a stop at its end. */
export function asSentence(text: string): string {
  const first = /^\S*@/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
