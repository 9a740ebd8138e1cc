/** People in words, for lists and cards. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { fullName, type Person, type Role } from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import type { PersonErrors, PersonField } from '../../../engine/people/person-details.ts';

export const roleWords = (): Readonly<Record<Role, string>> => ({
  admin: t`admin`,
  auditor: t`auditor`,
  helpdesk: t`helpdesk`,
  manager: t`manager`,
  new_hire: t`new hire`,
  other: t`no special role`,
});

/** `Ann Lee · Engineer · R&D · new hire`; unknown parts are left out. */
export function personDetails(person: Person): string {
  const { position, department, role, active, email } = person;
  const known = compact([
    fullName(person) !== email && sayAddress(person),
    position,
    department,
    role !== 'other' && roleWords()[role],
    !active && t`has left`,
  ]);
  return known.join(' · ');
}

/** The name; for a person who has left, with a note. */
export const nameOf = (person: Person): string =>
  person.active ? fullName(person) : t`${fullName(person)} (has left)`;

/** Errors as sentences for the fields of a form. */
export const besideFields = (errors: PersonErrors): PersonErrors =>
  Object.fromEntries(
    Object.entries(errors).map(([field, error]) => [field as PersonField, asSentence(error)]),
  );

/** `1 person`, `1,234 people` */
export const countPeople = (count: number): string =>
  plural(count, { one: t`1 person`, other: t`${sayNumber(count)} people` });

/** Rows of an integration's or a file's import. */
export const countRows = (count: number): string =>
  plural(count, { one: t`1 row`, other: t`${sayNumber(count)} rows` });

/** Starts with a capital, unless the first word is an address, and ends with a full stop. */
export function asSentence(text: string): string {
  const first = /^\S*@/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
