/**
 * Addresses that the source gives to someone while someone else has them here. Two people may exchange theirs, and more may pass
 * theirs on. Such a row gives its address where everyone on the way to a free address, or back to the first one, may get another.
 */
import { changeAddresses, type NewAddress } from '../people/change-addresses.ts';
import type { ChangedBy, Person } from '../people/directory.ts';
import { noAddressOf } from '../people/no-address.ts';
import { givesRights } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { findPeople, type PeopleOfRows } from './find-people.ts';
import type { SyncRow, SyncRun } from './sync-run.ts';
import type { OwnedFields } from './what-changes.ts';

/**
 * They change in one transaction, for which others who write wait. Of more, those who are farther from a free address keep theirs,
 * until one of the next transactions or imports finds them nearer; a circle of more keeps them.
 */
export const MAX_AT_ONCE = 50;

/** Who gives addresses, for which run. */
export interface Giving extends ChangedBy {
  readonly runId: string;
  /** When the run began. */
  readonly beganAt: Date;
  readonly owns: OwnedFields;
}

interface HeldAddress extends NewAddress {
  /** Who has that address here. */
  readonly holder?: Person;
}

/**
 * @param people as `findPeople` found them for the rows
 * @returns by the id of a row's person: who gets which address, all at once, or that they are too many for that. People whose row gives
 * none are left out.
 */
export async function givenAddresses(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  { id: runId, owns }: Pick<SyncRun, 'id'> & { readonly owns: OwnedFields },
  { rows, people }: { readonly rows: readonly SyncRow[]; readonly people: PeopleOfRows },
): Promise<ReadonlyMap<string, readonly NewAddress[] | 'too many'>> {
  const asked = owns.has('email')
    ? wantedBy(rows, people).filter(({ person, holder }) => person.active && holder)
    : [];
  const wanted = new Map(asked.map((each) => [each.person.id, each]));
  let ahead = holdersOf(asked, wanted);
  for (let steps = 1; ahead.length > 0 && steps < MAX_AT_ONCE; steps += 1) {
    const next = await wantedFor(stores, runId, ahead);
    for (const each of next) wanted.set(each.person.id, each);
    ahead = holdersOf(next, wanted);
  }
  return new Map(
    asked.flatMap((first) => {
      const all = together(first, wanted);
      return all ? [[first.person.id, all] as const] : [];
    }),
  );
}

/**
 * For people whom the rows give the address of someone else. What is refused stays as it is, like every other field.
 * @returns how many active people got another one; rows of some may come later, which is why `wasGivenAddress` knows them
 */
export async function giveAddresses(
  tx: Transaction,
  rows: readonly SyncRow[],
  { runId, owns, ...by }: Giving,
): Promise<number> {
  const known = rows.filter(
    ({ state, details }) => state === 'fill' && details?.employeeId !== undefined,
  );
  if (known.length === 0 || !owns.has('email')) return 0;
  const people = await findPeople(tx, known);
  const given = await givenAddresses(tx, { id: runId, owns }, { rows: known, people });
  const done = new Set<string>();
  let changed = 0;
  // The longest ones first: others are the end of one of them.
  const all = [...given].flatMap(([id, wanted]) => (wanted === 'too many' ? [] : [{ id, wanted }]));
  for (const { id, wanted } of all.toSorted((a, b) => b.wanted.length - a.wanted.length)) {
    if (done.has(id)) continue;
    for (const { person } of wanted) done.add(person.id);
    if (await changeAddresses(tx, wanted, by))
      changed += wanted.filter(({ person }) => person.active).length;
  }
  return changed;
}

export const wasGivenAddress = ({ exchangedAt }: Person, { beganAt }: Giving): boolean =>
  exchangedAt !== undefined && exchangedAt >= beganAt;

function wantedBy(rows: readonly SyncRow[], people: PeopleOfRows): readonly HeldAddress[] {
  return rows.flatMap((row): readonly HeldAddress[] => {
    const found = people.of(row);
    if (found.kind !== 'person' || row.email === undefined) return [];
    const { person, holder } = found;
    return person.email === row.email
      ? []
      : [{ person, email: row.email, ...(holder && { holder }) }];
  });
}

const holdersOf = (
  some: readonly HeldAddress[],
  known: ReadonlyMap<string, HeldAddress>,
): readonly Person[] =>
  some.flatMap(({ holder }) => (holder && !known.has(holder.id) ? [holder] : []));

/** What the source gives to people whose address it gives to others. Who has left, and gets none, has none any more. */
async function wantedFor(
  stores: Pick<Stores, 'people' | 'syncRows'>,
  runId: string,
  holders: readonly Person[],
): Promise<readonly HeldAddress[]> {
  const ids = holders.flatMap(({ employeeId }) => employeeId ?? []);
  const rows = await stores.syncRows.withEmployeeIds(runId, ids);
  const named = wantedBy(rows, await findPeople(stores, rows));
  const given = new Map(named.map((each) => [each.person.id, each]));
  return holders.flatMap((person): readonly HeldAddress[] => {
    const theirs = given.get(person.id);
    if (theirs) return [theirs];
    return person.active ? [] : [{ person, email: noAddressOf(person) }];
  });
}

/** Everyone from this one to a free address, or back to them; undefined where someone on the way keeps their address. */
function together(
  first: HeldAddress,
  wanted: ReadonlyMap<string, HeldAddress>,
): readonly NewAddress[] | 'too many' | undefined {
  const all: HeldAddress[] = [];
  for (let each: HeldAddress | undefined = first; each; each = wanted.get(each.holder.id)) {
    if (givesRights(each.person)) return undefined;
    if (all.length === MAX_AT_ONCE) return 'too many';
    all.push(each);
    if (!each.holder || each.holder.id === first.person.id) return all;
  }
  return undefined;
}
