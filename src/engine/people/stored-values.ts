/**
 * Values that are stored with people, and who wrote each. A name may get another owner; what the former one wrote under it is
 * its word and nobody else's, while what people entered or confirmed themselves stays theirs.
 */
import { type Json, stringifyJson } from '../../core/json.ts';
import type { Person } from './directory.ts';

/** As the writer of a fact that the person, or an admin, has entered or confirmed. */
export const PEOPLE = 'people';

type Values = Readonly<Record<string, Json>>;

/**
 * The person with these values. One that is there already stays its writer's.
 * @param writer an integration's id, or `PEOPLE`, whose word it is from now on in any case
 */
export function withStored(person: Person, values: Values, writer: string): Person {
  const { stored, storedBy = {} } = person;
  const written = Object.entries(values).filter(
    ([name, value]) => writer === PEOPLE || !has(stored, name) || !isSame(stored[name], value),
  );
  return {
    ...person,
    stored: { ...stored, ...values },
    storedBy: { ...storedBy, ...Object.fromEntries(written.map(([name]) => [name, writer])) },
  };
}

const has = (record: object, name: string): boolean => Object.hasOwn(record, name);

const isSame = (a: Json | undefined, b: Json): boolean =>
  a !== undefined && stringifyJson(a) === stringifyJson(b);

export function withoutStored(person: Person, names: readonly string[]): Person {
  const gone = new Set(names);
  const rest = <T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !gone.has(name)));
  const { stored, storedBy = {} } = person;
  return { ...person, stored: rest(stored), storedBy: rest(storedBy) };
}

/** What the former owner of a name has left with people. */
export interface Leftover {
  readonly name: string;
  /** The integration that wrote it. */
  readonly writer: string;
  /** Whether a value is its, too, of which nobody knows who wrote it: it was stored before that was kept. */
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
