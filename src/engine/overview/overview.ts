/**
 * Who has what, and why: read for admins and auditors, page by page and as files. Nothing here changes anything.
 *
 * Words: an *entry* is one person's access to one app, or the holds that should give it.
 *
 * Begin with `entriesOf` (of people) and `holdersPage` (of an app).
 */
import type { Hold } from '../access/hold.ts';
import { PEOPLE_AT_ONCE, somePeopleWithAccess } from '../access/removals/people-with-access.ts';
import { fullName, type Integration, type Person, type PersonAtApp } from '../people/directory.ts';
import type { HeldAccess } from '../ports/access-stores.ts';
import type { Page } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';

export interface Entry extends PersonAtApp {
  /** Left out where Latchkey knows of none: it is still being granted. */
  readonly access?: HeldAccess;
  /** Open ones, the oldest first. */
  readonly holds: readonly Hold[];
  /** Its last hold has ended, and its removal not yet. */
  readonly isBeingRemoved: boolean;
}

type Reading = Pick<
  Stores,
  'people' | 'integrations' | 'access' | 'holds' | 'accounts' | 'removals'
>;

/** @param people at most 250. @returns their entries, by app, for each of them */
export async function entriesOf(
  stores: Reading,
  people: readonly Person[],
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const ids = people.map(({ id }) => id);
  const [held, holds, removals] = await Promise.all([
    stores.access.heldBy(ids),
    stores.holds.openOfPeople(ids),
    stores.removals.openOfPeople(ids),
  ]);
  const removed = new Set(removals.map(keyOf));
  const apps = new Set([...held, ...holds].map(({ integrationId }) => integrationId));
  const integrations = await stores.integrations.findMany([...apps]);
  const byName = integrations.toSorted((a, b) => a.name.localeCompare(b.name));
  const accessAt = new Map(held.map((each) => [keyOf(each), each]));
  const holdsAt = new Map<string, Hold[]>();
  for (const hold of holds.toSorted(olderFirst))
    holdsAt.set(keyOf(hold), [...(holdsAt.get(keyOf(hold)) ?? []), hold]);
  return new Map(
    people.map((person) => [
      person.id,
      byName.flatMap((integration): Entry[] => {
        const key = keyOf({ personId: person.id, integrationId: integration.id });
        const access = accessAt.get(key);
        const open = holdsAt.get(key) ?? [];
        if (!access && open.length === 0) return [];
        const isBeingRemoved = removed.has(key);
        return [{ person, integration, holds: open, isBeingRemoved, access }];
      }),
    ]),
  );
}

const keyOf = ({ personId, integrationId }: Pick<Hold, 'personId' | 'integrationId'>): string =>
  `${personId} ${integrationId}`;
const olderFirst = (a: Hold, b: Hold): number => a.startedAt.getTime() - b.startedAt.getTime();

export interface PeopleWanted {
  /** Words of the name or address; empty: everyone. */
  readonly text: string;
  readonly who: 'active' | 'everybody' | 'left';
}

/** A page of people, each with their entries. */
export async function peoplePage(stores: Reading, { text, who }: PeopleWanted, page: Page) {
  const { people, total } = await stores.people.search(text, page, who);
  const entries = await entriesOf(stores, people);
  return {
    total,
    rows: people.map((person) => ({ person, entries: entries.get(person.id) ?? [] })),
  };
}

export interface HoldersPage {
  readonly entries: readonly Entry[];
  /** Where the next page begins; undefined at the end. */
  readonly next?: string | undefined;
}

/** People with an entry at that app, after that person's id; at most 250. */
export async function holdersPage(
  stores: Reading,
  integration: Integration,
  after = '',
): Promise<HoldersPage> {
  const ids = await somePeopleWithAccess(stores, integration.id, after);
  const people = await stores.people.findMany(ids);
  const all = await entriesOf(stores, people);
  const entries = people
    .flatMap(({ id }) => all.get(id) ?? [])
    .filter(({ integration: { id } }) => id === integration.id)
    .toSorted((a, b) => fullName(a.person).localeCompare(fullName(b.person)));
  return ids.length < PEOPLE_AT_ONCE ? { entries } : { entries, next: ids.at(-1) };
}

/** Every entry of the people that are wanted, some people at a time, for a file. */
export async function* allEntries(
  stores: Reading,
  wanted: PeopleWanted,
): AsyncIterable<readonly Entry[]> {
  for (let after = ''; ; ) {
    const people = await stores.people.searchAfter(after, PEOPLE_AT_ONCE, wanted);
    yield [...(await entriesOf(stores, people)).values()].flat();
    const last = people.at(-1);
    if (!last || people.length < PEOPLE_AT_ONCE) return;
    after = last.id;
  }
}

/** Every entry at that app, some people at a time, for a file. */
export async function* allHolders(
  stores: Reading,
  integration: Integration,
): AsyncIterable<readonly Entry[]> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: HoldersPage = await holdersPage(stores, integration, after);
    yield page.entries;
    after = page.next;
  }
}
