/** Who does a task: whom the settings or the sequence name, or any admin, and then why. */
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Assignee } from '../settings/settings.ts';
import type { InsteadOf } from './task.ts';

export interface Doer {
  /** Undefined: any admin. */
  readonly assignee: Person | undefined;
  readonly insteadOf?: InsteadOf | undefined;
}

export const BY_ADMINS: Doer = { assignee: undefined };

const insteadOf = (whom: InsteadOf): Doer => ({ assignee: undefined, insteadOf: whom });

export async function doerOf(
  { people }: Pick<Stores, 'people'>,
  wanted: Assignee | { readonly kind: 'new-hire' | 'admins' },
  person: Person,
): Promise<Doer> {
  if (wanted.kind === 'admins') return BY_ADMINS;
  if (wanted.kind === 'new-hire') return unlessLeft(person);
  if (wanted.kind === 'person') return whoHasTheId(people, wanted.personId);
  const id = wanted.kind === 'manager' ? person.managerId : person.buddyId;
  return id === undefined ? insteadOf({ helper: wanted.kind }) : whoHasTheId(people, id);
}

/** Nobody grants or removes their own access. */
export const notThemselves = (doer: Doer, { id }: Person): Doer =>
  doer.assignee?.id === id ? insteadOf({ personId: id }) : doer;

const whoHasTheId = async (people: Stores['people'], personId: string): Promise<Doer> => {
  const found = await people.find(personId);
  return found ? unlessLeft(found) : insteadOf({ personId });
};

const unlessLeft = (person: Person): Doer =>
  person.active ? { assignee: person } : insteadOf({ personId: person.id });
