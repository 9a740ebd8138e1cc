/**
 * Values that are stored with people, and the writer of each. A name may get a new owner. Then the former owner's values can be
 * told apart from those that people entered or confirmed, which stay.
 */
import { type Json, stringifyJson } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { Unreadable } from '../ports/store.ts';
import type { Facts, Person } from './directory.ts';

/** The writer of a fact that the person entered or confirmed, or that an older version took from anyone. */
export const PEOPLE = 'people';
/** The writer of a fact that an admin entered or confirmed for someone else. */
export const ADMINS = 'admins';

class UnreadFacts extends Unreadable {
  readonly code = 'unread-facts';
  constructor() {
    super('people.stored holds something that Latchkey did not write');
    this.name = 'UnreadFacts';
  }
}

export interface PersonWithFacts extends Person {
  readonly stored: Facts;
}

/** Whether what is stored with them can be read. A damaged row (a value in the database that Latchkey did not write) can't be. */
export const hasReadableFacts = (person: Person): person is PersonWithFacts =>
  person.stored !== 'unread';

/** For what can't go on without their facts. @throws {UnreadFacts} */
export function withReadableFacts(person: Person): PersonWithFacts {
  if (!hasReadableFacts(person)) throw new UnreadFacts();
  return person;
}

/** For what shows facts, or asks for those that are missing. None where they can't be read. */
export const knownFacts = ({ stored }: Pick<Person, 'stored'>): Facts =>
  stored === 'unread' ? {} : stored;

/** Why nothing can be looked up by their facts. */
export const unreadFactsWords = (): string =>
  t`The facts that are stored about this person are damaged, so Latchkey can't look for the account. The operator of Latchkey can restore them (see Troubleshooting).`;

/** Why a fact can't be stored. */
export const unreadWords = (): string =>
  t`What is stored about this person can't be read, so nothing can be added to it. The operator of Latchkey can restore it (see Troubleshooting).`;

/**
 * The person with these values. An equal value keeps its writer, unless the new writer is `ADMINS`, or `PEOPLE` in place of an
 * integration.
 * @param writer an integration's id, `ADMINS` or `PEOPLE`
 */
export function withStored(
  person: PersonWithFacts,
  values: Facts,
  writer: string,
): PersonWithFacts {
  const { stored, storedBy = {} } = person;
  const written = Object.entries(values).filter(
    ([name, value]) =>
      writer === ADMINS ||
      (writer === PEOPLE && storedBy[name] !== ADMINS) ||
      !has(stored, name) ||
      !isSame(stored[name], value),
  );
  return {
    ...person,
    stored: { ...stored, ...values },
    storedBy: { ...storedBy, ...Object.fromEntries(written.map(([name]) => [name, writer])) },
  };
}

/**
 * The person with what an import brings. It answers for every value from now on, also for an equal one that someone typed or an older
 * version left without a writer: rules believe imports alone. Why: docs/decisions/0172-who-brings-it-answers-for-it.md.
 */
export function withBrought(
  person: PersonWithFacts,
  values: Facts,
  importId: string,
): PersonWithFacts {
  const writers = Object.keys(values).map((name) => [name, importId] as const);
  return {
    ...person,
    stored: { ...person.stored, ...values },
    storedBy: { ...person.storedBy, ...Object.fromEntries(writers) },
  };
}

/** Whether that import answers for what the person has under that name. */
export const isBroughtBy = ({ storedBy = {} }: Person, name: string, importId: string): boolean =>
  has(storedBy, name) && storedBy[name] === importId;

const has = (record: object, name: string): boolean => Object.hasOwn(record, name);

/** Whether both have an equal value under that name. */
export const hasSame = (one: PersonWithFacts, other: PersonWithFacts, name: string): boolean =>
  has(one.stored, name) === has(other.stored, name) &&
  (!has(one.stored, name) || isSame(one.stored[name], other.stored[name] ?? null));

const isSame = (a: Json | undefined, b: Json): boolean =>
  a !== undefined && stringifyJson(a) === stringifyJson(b);

export function withoutStored(person: PersonWithFacts, names: readonly string[]): PersonWithFacts {
  const gone = new Set(names);
  const rest = <T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !gone.has(name)));
  const { stored, storedBy = {} } = person;
  return { ...person, stored: rest(stored), storedBy: rest(storedBy) };
}

/** Values that the former owner of a name left with people. */
export interface Leftover {
  readonly name: string;
  /** The integration that wrote it. */
  readonly writer: string;
  /** Whether values without a known writer count as its values. Older versions did not store the writer. */
  readonly isLikelyWriter: boolean;
}

/** Names of those leftovers that this person has. */
export const leftoversOf = (
  { stored, storedBy = {} }: PersonWithFacts,
  leftovers: readonly Leftover[],
): readonly string[] =>
  leftovers
    .filter(({ name }) => has(stored, name))
    .filter(({ name, writer, isLikelyWriter }) =>
      has(storedBy, name) ? storedBy[name] === writer : isLikelyWriter,
    )
    .map(({ name }) => name);
