/** Gives several people new addresses at once: where two exchange theirs, neither address is free before the other one is. */
import type { Transaction } from '../ports/unit-of-work.ts';
import { afterChange } from './change-person.ts';
import type { ChangedBy, Person } from './directory.ts';
import { noAddressOf } from './no-address.ts';
import { auditFields } from './person-changed.ts';

export interface NewAddress {
  readonly person: Person;
  /** Trimmed, lower case. It may be that of another one of these people. */
  readonly email: string;
}

/**
 * All of them, or none.
 * @returns false, and nothing has changed, where one of them has changed since, or someone else has one of the addresses
 */
export async function changeAddresses(
  tx: Transaction,
  wanted: readonly NewAddress[],
  deps: ChangedBy,
): Promise<boolean> {
  const before = await tx.people.holdMany(wanted.map(({ person }) => person.id));
  const versions = new Map(before.map(({ id, version }) => [id, version]));
  const holders = await tx.people.findByEmails(wanted.map(({ email }) => email));
  const isAsRead = wanted.every(({ person: { id, version } }) => versions.get(id) === version);
  if (!isAsRead || !holders.every(({ id }) => versions.has(id))) return false;
  const freed: Person[] = [];
  for (const person of before)
    freed.push(await tx.people.save({ ...person, email: noAddressOf(person) }));
  const emails = new Map(wanted.map(({ person, email }) => [person.id, email]));
  for (const [index, person] of before.entries()) {
    const without = freed[index] ?? person;
    const email = emails.get(person.id) ?? without.email;
    const saved =
      email === without.email
        ? without
        : await tx.people.save({ ...without, email, exchangedAt: tx.now });
    await auditFields(tx, saved, { ...deps, fields: ['email'] });
    await afterChange(tx, { before: person, person: saved }, deps);
  }
  return true;
}
