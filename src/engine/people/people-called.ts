/** Finds people by a typed name, for commands in chat and on the command line. */
import { factKey, hasWords, isSameName, typedWords } from '../../core/fold.ts';
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
 * Active people with this whole name. If there are none: people who left with the whole name, then other active people. If no
 * active person matches: people who left.
 * @param among narrows those who have not the whole name; a list shows all
 */
export async function peopleCalled(
  store: Pick<PeopleStore, 'search'>,
  typed: string,
  among: typeof nearest = nearest,
): Promise<PeopleCalled> {
  const here = await store.search(typed, SEARCHED);
  const named = calledWhole(here.people, typed);
  if (named) return named;
  const left = await store.search(typed, SEARCHED, 'left');
  if (here.total === 0) return among(left, typed);
  const whole = left.people.filter((person) => isCalledWhole(person, typed));
  const { people, total } = among(here, typed);
  return { people: [...whole, ...people], total: whole.length + total };
}

/** Active people, the nearest alone. One search. */
export const activePeopleCalled = async (
  store: Pick<PeopleStore, 'search'>,
  typed: string,
): Promise<PeopleCalled> => nearest(await store.search(typed, SEARCHED), typed);

/** People who have left, of whose names each typed word is one. */
export const formerPeopleCalled = async (
  store: Pick<PeopleStore, 'search'>,
  typed: string,
): Promise<readonly Person[]> =>
  (await store.search(typed, SEARCHED, 'left')).people.filter((person) => hasNames(person, typed));

/** The people with the whole name, if there are any; else all. */
export const exactFirst = (found: PeopleCalled, typed: string): PeopleCalled =>
  calledWhole(found.people, typed) ?? found;

/**
 * The people with the whole name; else those of whose names each typed word is one (`Ann` of Ann Lee); else all, a part of a name
 * before a part of an address. Where more were found than read, all stay: someone among the others may be as near.
 */
export function nearest(found: PeopleCalled, typed: string): PeopleCalled {
  const whole = calledWhole(found.people, typed);
  if (whole) return whole;
  const named = found.people.filter((person) => hasNames(person, typed));
  if (named.length > 0 && found.total === found.people.length)
    return { people: named, total: named.length };
  const distance = (person: Person): number =>
    named.includes(person) ? 0 : hasWords(fullName(person), typed) ? 1 : 2;
  return { ...found, people: found.people.toSorted((a, b) => distance(a) - distance(b)) };
}

/** Whether each typed word is one of their names, and not a part of one. */
export function hasNames({ firstName, lastName }: Person, typed: string): boolean {
  const names = typedWords(`${firstName} ${lastName}`).flat();
  return typedWords(typed).every((word) => word.some((spelling) => names.includes(spelling)));
}

function calledWhole(people: readonly Person[], typed: string): PeopleCalled | undefined {
  const named = people.filter((person) => isCalledWhole(person, typed));
  return named.length > 0 ? { people: named, total: named.length } : undefined;
}

/** Whether they are found by an address with other accents than theirs. It may be someone else's, who isn't in the directory. */
export const isOtherAddress = ({ email }: Person, typed: string): boolean =>
  isSameName(email, typed) && factKey(email) !== factKey(typed);

const isCalledWhole = (person: Person, typed: string): boolean =>
  isSameName(fullName(person), typed) || isSameName(person.email, typed);
