/** Whom someone may see: admins, auditors and the helpdesk everyone, everyone else themselves and their reports. */
import { hasWords } from '../../core/fold.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Person } from './directory.ts';
import type { PeopleCalled } from './people-called.ts';
import { may } from './permission.ts';

type Reading = Pick<Stores, 'people'>;

const isCalled = ({ firstName, lastName, email }: Person, text: string): boolean =>
  hasWords(`${firstName} ${lastName} ${email}`, text);

/** Active reports whose name or address has these words, by name. */
export async function reportsCalled(
  { people }: Reading,
  manager: Person,
  text: string,
): Promise<PeopleCalled> {
  const found = (await people.reportsOf(manager.id)).filter((each) => isCalled(each, text));
  return { people: found, total: found.length };
}

export interface SeenWanted {
  /** Words of the name or address; empty: everyone. */
  readonly text: string;
  /** Only for who sees everyone: the others' lists have active people. */
  readonly who: 'active' | 'everybody' | 'left';
}

/** By id, after that one: nobody moves while pages are read. */
export async function seenPeopleAfter(
  stores: Reading,
  reader: Person,
  { afterId, limit, ...wanted }: SeenWanted & { readonly afterId: string; readonly limit: number },
): Promise<readonly Person[]> {
  if (may(reader, 'see')) return stores.people.searchAfter(afterId, limit, wanted);
  if (!reader.active) return [];
  const reports = await reportsCalled(stores, reader, wanted.text);
  const self = isCalled(reader, wanted.text) ? [reader] : [];
  return [...self, ...reports.people]
    .filter(({ id }) => id > afterId)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}
