/** Facts that rows of an import bring, and that someone else has. */
import { factKey } from '../../core/fold.ts';
import type { Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import { factQuestions, mayBeShared } from './fact-questions.ts';
import type { PersonWithFacts } from './stored-values.ts';

export interface Brought {
  /** The person's id; of someone who is new, their address. */
  readonly key: string;
  readonly person: PersonWithFacts | undefined;
  readonly stored: Readonly<Record<string, Json>>;
}

/** Names of facts that a row brings and the person can't have, each with its label. */
export type TakenFacts = (brought: Brought) => ReadonlyMap<string, string>;

/**
 * Finds facts that another active person already has: a username belongs to one person.
 * @param all in the order of the rows: if two rows bring the same value, the person of the first one gets it
 */
export async function takenFacts(
  stores: Pick<Stores, 'people' | 'integrations'>,
  all: readonly Brought[],
): Promise<TakenFacts> {
  const changed = new Map<string, { readonly key: string; readonly value: string }[]>();
  for (const brought of all)
    for (const [name, value] of changedFacts(brought)) {
      const wanted = changed.get(name) ?? [];
      wanted.push({ key: brought.key, value });
      changed.set(name, wanted);
    }
  const taken = new Map<string, Map<string, string>>();
  for (const [name, label] of await ownFacts(stores, [...changed.keys()])) {
    const wanted = changed.get(name) ?? [];
    const holders = await stores.people.withFacts(
      name,
      wanted.map(({ value }) => value),
    );
    const first = new Map<string, string>();
    for (const { key, value } of wanted) {
      const fact = factKey(value);
      const others = [...(holders.get(value) ?? []), first.get(fact) ?? key];
      if (others.every((id) => id === key)) first.set(fact, key);
      else taken.set(key, (taken.get(key) ?? new Map<string, string>()).set(name, label));
    }
  }
  return ({ key }) => taken.get(key) ?? new Map<string, string>();
}

/** What the row would change, as texts. Empty values don't count: they are no account. */
const changedFacts = ({ person, stored }: Brought): readonly (readonly [string, string])[] =>
  Object.entries(stored)
    .map(([name, value]) => [name, toText(value).trim()] as const)
    .filter(([name, value]) => value !== '' && value !== known(person, name));

const known = (person: PersonWithFacts | undefined, name: string): string =>
  person && Object.hasOwn(person.stored, name) ? toText(person.stored[name] ?? null).trim() : '';

/** Facts that integrations ask for and that belong to one person; each with its label. */
async function ownFacts(
  stores: Pick<Stores, 'integrations'>,
  names: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  if (names.length === 0) return [];
  const own: (readonly [string, string])[] = [];
  for (const { id, name } of await factQuestions(stores))
    if (names.includes(id) && !(await mayBeShared(stores, id))) own.push([id, name]);
  return own.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

export const sayTaken = (labels: readonly string[]): string =>
  t`Imported without ${labels.join(', ')}, which someone else already has.`;
