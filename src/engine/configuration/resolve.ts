/** Names become ids, in the transaction that writes them. */
import { fold } from '../../core/fold.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type RefKind, referencesIn, withReferences } from './named.ts';

/** A thing that can't be written as its file says. Its transaction is rolled back. */
export class Refused extends Error {
  readonly code = 'configuration-refused';
  readonly problems: readonly { readonly place: string; readonly message: string }[];

  constructor(problems: Refused['problems']) {
    super(problems.map(({ place, message }) => `${place}: ${message}`).join('\n'));
    this.name = 'Refused';
    this.problems = problems;
  }
}

export const refuse = (message: string, place = ''): never => {
  throw new Refused([{ place, message }]);
};

/** @throws {Refused} when there is no such person or thing (any more) */
export async function resolved<T>(stores: Stores, document: T): Promise<T> {
  const ids = new Map<string, string>();
  for (const { to, value } of referencesIn(document)) {
    const key = `${to} ${fold(value)}`;
    if (!ids.has(key))
      ids.set(
        key,
        (await idOf(stores, to, value)) ?? refuse(`${value} has just been deleted; run it again`),
      );
  }
  return withReferences(document, ({ to, value }) => ids.get(`${to} ${fold(value)}`));
}

async function idOf(stores: Stores, to: RefKind, value: string): Promise<string | undefined> {
  if (to === 'person') return (await stores.people.findByEmail(value))?.id;
  if (to === 'bundle') return (await stores.bundles.findByName(value))?.id;
  return (await stores.integrations.findByName(value))?.id;
}
