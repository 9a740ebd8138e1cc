/**
 * Values that are stored with people, and the writer of each. A name may get a new owner. Then the former owner's values can be
 * told apart from those that people entered or confirmed, which stay.
 */
import { type Json, stringifyJson } from '../../core/json.ts';
import { Unreadable } from '../ports/store.ts';
import type { Person } from './directory.ts';

/** The writer of a fact that the person entered or confirmed, or that an older version took from anyone. */
export const PEOPLE = 'people';
/** The writer of a fact that an admin entered or confirmed for someone else. */
export const ADMINS = 'admins';

type Values = Readonly<Record<string, Json>>;

class UnreadFacts extends Unreadable {
  readonly code = 'unread-facts';
  constructor() {
    super('people.stored holds something that Latchkey did not write');
    this.name = 'UnreadFacts';
  }
}

const fail = (): never => {
  throw new UnreadFacts();
};

/**
 * Stands in for facts of someone, or for who wrote them, that can't be read: whoever needs one of them fails, and everything else about
 * the person goes on. A copy of the person keeps it, and to store that leaves what is stored as it is.
 */
export const UNREAD_FACTS: Readonly<Record<string, never>> = new Proxy(
  {},
  { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail },
);

/** Whether what is stored with them can be read. A damaged row (a value in the database that Latchkey did not write) can't be. */
export const hasReadableFacts = ({ stored, storedBy }: Person): boolean =>
  stored !== UNREAD_FACTS && storedBy !== UNREAD_FACTS;

/**
 * The person with these values. An equal value keeps its writer, unless the new writer is `ADMINS`, or `PEOPLE` in place of an
 * integration.
 * @param writer an integration's id, `ADMINS` or `PEOPLE`
 */
export function withStored(person: Person, values: Values, writer: string): Person {
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
export function withBrought(person: Person, values: Values, importId: string): Person {
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
export const hasSame = (one: Person, other: Person, name: string): boolean =>
  has(one.stored, name) === has(other.stored, name) &&
  (!has(one.stored, name) || isSame(one.stored[name], other.stored[name] ?? null));

const isSame = (a: Json | undefined, b: Json): boolean =>
  a !== undefined && stringifyJson(a) === stringifyJson(b);

export function withoutStored(person: Person, names: readonly string[]): Person {
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
  { stored, storedBy = {} }: Person,
  leftovers: readonly Leftover[],
): readonly string[] =>
  leftovers
    .filter(({ name }) => has(stored, name))
    .filter(({ name, writer, isLikelyWriter }) =>
      has(storedBy, name) ? storedBy[name] === writer : isLikelyWriter,
    )
    .map(({ name }) => name);
