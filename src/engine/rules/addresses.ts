/** The addresses that say who someone is: the one of now, and those they had. Why: docs/decisions/0153-an-address-names-a-person.md. */
import { together } from '../../core/together.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';

export type Addresses = ReadonlyMap<string, readonly string[]>;

/** By the person's id, the present address first. A former address that someone else has, or had later, is not theirs any more. */
export async function addressesOf(
  { people, formerEmails }: Pick<Stores, 'people' | 'formerEmails'>,
  whose: readonly Person[],
): Promise<Addresses> {
  if (whose.length === 0) return new Map();
  const had = await formerEmails.ofPeople([...new Set(whose.map(({ id }) => id))]);
  const emails = [...new Set([...had.values()].flat().map(({ email }) => email))];
  const [holders, last] =
    emails.length === 0
      ? [[], new Map<string, string>()]
      : await together([people.findByEmails(emails), formerEmails.whose(emails)]);
  const held = new Set(holders.map(({ email }) => email));
  return new Map(
    whose.map((person) => {
      const { id, email, addressSince } = person;
      const former = (had.get(id) ?? []).filter(
        (each) =>
          !held.has(each.email) &&
          last.get(each.email) === id &&
          // Someone else may have had the row before: the address was added again.
          (addressSince === undefined || each.until > addressSince),
      );
      return [id, [email, ...former.map((each) => each.email)]];
    }),
  );
}
