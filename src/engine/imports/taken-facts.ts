/** Finds facts of an import that another active person already has: a username belongs to one person. */

import { factKey } from '../../core/fold.ts';
import type { Person } from '../people/directory.ts';
import { factQuestions, mayBeShared } from '../people/fact-questions.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import type { ReadRow } from './sync-rows.ts';

type Values = Extract<ReadRow, { readonly kind: 'values' }>;

export interface Brought {
  readonly person: Person;
  readonly row: Values;
}

/** Names of facts that a row brings and the person can't have, each with its label. */
export type TakenFacts = (brought: Brought) => ReadonlyMap<string, string>;

/**
 * @param all in the order of the rows: if two rows bring the same value, the person of the first one gets it
 */
export async function takenFacts(
  stores: Pick<Stores, 'people' | 'integrations'>,
  all: readonly Brought[],
): Promise<TakenFacts> {
  const changed = new Map<string, { readonly personId: string; readonly value: string }[]>();
  for (const { person, row } of all)
    for (const [name, value] of changesOf({ person, row })) {
      const wanted = changed.get(name) ?? [];
      wanted.push({ personId: person.id, value });
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
    for (const { personId, value } of wanted) {
      const key = factKey(value);
      const others = [...(holders.get(value) ?? []), first.get(key) ?? personId];
      if (others.every((id) => id === personId)) first.set(key, personId);
      else taken.set(personId, (taken.get(personId) ?? new Map<string, string>()).set(name, label));
    }
  }
  return ({ person }) => taken.get(person.id) ?? new Map<string, string>();
}

/** What the row would change, as texts. Empty values don't count: they are no account. */
const changesOf = ({ person, row }: Brought): readonly (readonly [string, string])[] =>
  Object.entries(row.stored)
    .map(([name, value]) => [name, toText(value).trim()] as const)
    .filter(([name, value]) => value !== '' && value !== known(person, name));

const known = ({ stored }: Person, name: string): string =>
  Object.hasOwn(stored, name) ? toText(stored[name] ?? null).trim() : '';

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
