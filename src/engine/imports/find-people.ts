/** Finds the people that rows are about: by employee ID, else by address. Whatever became of an address, the employee ID stays. */
import { t } from '../../core/translate.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RowDetails } from './row-details.ts';

export interface IdentifiedRow {
  readonly email?: string;
  readonly details?: RowDetails;
}

export type FoundPerson =
  /** Includes people who have left. `holder`: who has the row's address here, someone with another employee ID. */
  | { readonly kind: 'person'; readonly person: Person; readonly holder?: Person }
  | { readonly kind: 'nobody' }
  /** It could be two people, so the row is left out. `why` is a sentence for people. */
  | { readonly kind: 'unclear'; readonly why: string };

export interface PeopleOfRows {
  readonly of: (row: IdentifiedRow) => FoundPerson;
  /** Everyone whom the rows name by address: as themselves or as a manager. */
  readonly byEmail: ReadonlyMap<string, Person>;
}

export async function findPeople(
  { people }: Pick<Stores, 'people'>,
  rows: readonly IdentifiedRow[],
): Promise<PeopleOfRows> {
  const emails = rows.flatMap(({ email, details }) => [email || [], details?.managerEmail || []]);
  const ids = new Set(rows.flatMap(({ details }) => details?.employeeId ?? []));
  const named = await people.findByEmails([...new Set(emails.flat())]);
  const identified = await peopleOfIds({ people }, [...ids], named);
  const byEmail = new Map(named.map((person) => [person.email, person]));
  const byId = new Map<string, Person[]>();
  for (const person of identified) {
    const same = byId.get(person.employeeId ?? '') ?? [];
    byId.set(person.employeeId ?? '', [...same, person]);
  }
  return {
    byEmail,
    of({ email = '', details: { employeeId } = {} }) {
      const there = byEmail.get(email);
      if (employeeId === undefined) return asFound(there);
      const all = byId.get(employeeId) ?? [];
      const active = all.filter((person) => person.active);
      const [person, other] = active.length > 0 ? active : all;
      if (person && other) return unclear(twoHave(employeeId, person, other));
      if (person && there && there.id !== person.id) {
        // Two IDs are two people, as where they exchange addresses. Without one, the row may be about either.
        if (there.employeeId !== undefined) return { kind: 'person', person, holder: there };
        return unclear(
          t`${email} is the address of someone else, and ${person.email} has the employee ID ${employeeId}.`,
        );
      }
      if (!person && there?.active && there.employeeId !== undefined)
        return unclear(
          t`${email} has another employee ID in the directory: ${there.employeeId}, not ${employeeId}.`,
        );
      return asFound(person ?? there);
    },
  };
}

/** Those with these employee IDs. @param known by address: most of them are the same, and to read someone takes longer than to find them */
async function peopleOfIds(
  { people }: Pick<Stores, 'people'>,
  ids: readonly string[],
  known: readonly Person[],
): Promise<readonly Person[]> {
  if (ids.length === 0) return [];
  const holders = new Set((await people.idsByEmployeeIds(ids)).map(({ id }) => id));
  const found = known.filter(({ id }) => holders.delete(id));
  return [...found, ...(await people.findMany([...holders]))];
}

/** Everyone whom these rows are about. */
export const peopleIn = (people: PeopleOfRows, rows: readonly IdentifiedRow[]): readonly Person[] =>
  rows.flatMap((row) => {
    const found = people.of(row);
    return found.kind === 'person' ? [found.person] : [];
  });

/** The active person whom the row names as manager. Nobody is their own. */
export function managerIn(
  { byEmail }: PeopleOfRows,
  { details }: IdentifiedRow,
  person: Person | undefined,
): Person | undefined {
  const manager = byEmail.get(details?.managerEmail ?? '');
  return manager?.active && manager.id !== person?.id ? manager : undefined;
}

const asFound = (person: Person | undefined): FoundPerson =>
  person ? { kind: 'person', person } : { kind: 'nobody' };

const unclear = (why: string): FoundPerson => ({ kind: 'unclear', why });

const twoHave = (employeeId: string, one: Person, other: Person): string =>
  t`${one.email} and ${other.email} both have the employee ID ${employeeId}.`;
