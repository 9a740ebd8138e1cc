import { newId } from '../../src/core/ids.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import type { Stores } from '../../src/engine/ports/unit-of-work.ts';

export function aPerson(about: Partial<Person> = {}): Person {
  const { id = newId() } = about;
  return {
    id,
    version: 1,
    email: `${id}@example.com`,
    firstName: 'Ann',
    lastName: 'Lee',
    role: 'other',
    active: true,
    stored: {},
    ...about,
  };
}

export async function insertPerson(
  { people }: Pick<Stores, 'people'>,
  about: Partial<Person> = {},
): Promise<Person> {
  const person = aPerson(about);
  await people.insert(person);
  return person;
}
