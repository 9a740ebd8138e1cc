/** Finds people by a typed name, for commands in chat and on the command line. */
import { isSameName } from '../../core/fold.ts';
import type { PeopleStore } from '../ports/people-stores.ts';
import { fullName, type Person } from './directory.ts';

/** How many matches are compared with the whole name. */
const SEARCHED = { offset: 0, limit: 200 };

export interface PeopleCalled {
  /** The first of them. */
  readonly people: readonly Person[];
  readonly total: number;
}

/**
 * Active people with this whole name. If there are none: people who left with the whole name, then active people with a part of
 * it. If no active person matches: people who left.
 */
export async function peopleCalled(
  store: Pick<PeopleStore, 'search'>,
  typed: string,
): Promise<PeopleCalled> {
  const here = await store.search(typed, SEARCHED);
  const named = here.people.filter((person) => isCalledWhole(person, typed));
  if (named.length > 0) return { people: named, total: named.length };
  const everybody = await store.search(typed, SEARCHED, 'everybody');
  if (here.total === 0) return exactFirst(everybody, typed);
  const left = everybody.people.filter((person) => !person.active && isCalledWhole(person, typed));
  return { people: [...left, ...here.people], total: left.length + here.total };
}

/** Active people with this whole name; if there are none, those with a part of it. One search. */
export const activePeopleCalled = async (
  store: Pick<PeopleStore, 'search'>,
  typed: string,
): Promise<PeopleCalled> => exactFirst(await store.search(typed, SEARCHED), typed);

/** The people with the whole name, if there are any; else all. */
export function exactFirst(found: PeopleCalled, typed: string): PeopleCalled {
  const named = found.people.filter((person) => isCalledWhole(person, typed));
  return named.length > 0 ? { people: named, total: named.length } : found;
}

const isCalledWhole = (person: Person, typed: string): boolean =>
  isSameName(fullName(person), typed) || isSameName(person.email, typed);
