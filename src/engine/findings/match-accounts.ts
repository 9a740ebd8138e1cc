/**
 * Whose an account is. First by the fact in `match`: as grants wrote it, then as it is stored with people. Then by address: the one
 * that someone has, that they had, or that they have at another domain which means the same people. What an admin said stays. What
 * a fact matched is nobody's again where that fact of the person is another one now: it was wrong.
 */
import { factKey } from '../../core/fold.ts';
import type { Account } from '../access/account.ts';
import { hasExchanged } from '../people/exchanged-address.ts';
import { type PersonWithFacts } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { toText } from '../templates/render.ts';
import type { ListedAccount } from './finding.ts';

type People = Pick<Stores, 'people' | 'formerEmails'>;

/** By the id of the listed account; only those that change. */
export type NewOwners = ReadonlyMap<string, string>;

/** The addresses by which someone may have this account, the surest first. */
function addressesOf(email: string, sameDomains: readonly string[]): readonly string[] {
  const at = email.lastIndexOf('@');
  const [name, domain] = [email.slice(0, at), email.slice(at + 1)];
  if (!sameDomains.includes(domain)) return [email];
  const others = sameDomains.filter((each) => each !== domain);
  return [email, ...others.map((each) => `${name}@${each}`)];
}

/**
 * An account without such an address keeps whose it was: the app may have renamed it since. So does one whose person has exchanged
 * that address lately: the app may not have renamed it yet.
 */
export async function ownersByAddress(
  { people, formerEmails, now }: People & { readonly now: Date },
  accounts: readonly ListedAccount[],
  sameDomains: readonly string[],
): Promise<NewOwners> {
  const wanted = accounts.flatMap(({ id, email, personId, isAdopted }) =>
    email === undefined || isAdopted
      ? []
      : [{ id, personId, addresses: addressesOf(email, sameDomains) }],
  );
  const all = [...new Set(wanted.flatMap(({ addresses }) => addresses))];
  if (all.length === 0) return new Map();
  const holders = new Map((await people.findByEmails(all)).map((each) => [each.email, each]));
  const before = await formerEmails.whose(all);
  const ownerOf = (address: string, known: string | undefined): string | undefined => {
    const holder = holders.get(address);
    const former = before.get(address);
    const isKept = former !== undefined && former === known;
    return holder && !(isKept && hasExchanged(holder, now)) ? holder.id : former;
  };
  return changes(
    wanted.map((each) => ({
      ...each,
      owner: each.addresses
        .map((address) => ownerOf(address, each.personId))
        .find((owner) => owner !== undefined),
    })),
  );
}

const changes = (
  found: readonly {
    readonly id: string;
    readonly personId?: string;
    readonly owner: string | undefined;
  }[],
): NewOwners =>
  new Map(
    found.flatMap(({ id, personId, owner }): [string, string][] =>
      owner === undefined || owner === personId ? [] : [[id, owner]],
    ),
  );

const factIn = (values: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined || value === null || typeof value === 'object') return undefined;
  return factKey(toText(value as string | number | boolean | bigint)) || undefined;
};

interface InRound {
  readonly roundId: string;
  /** The fact that `match` names. */
  readonly match: string | undefined;
}

/** By what is stored with these people. Someone who has left only has what is nobody's else: others may have got the name since. */
export async function ownersByStored(
  { listedAccounts }: Pick<Stores, 'listedAccounts'>,
  people: readonly PersonWithFacts[],
  { roundId, match }: InRound,
): Promise<NewOwners> {
  if (match === undefined) return new Map();
  const holders = (isActive: boolean) =>
    new Map(
      people.flatMap(({ id, stored, active }): [string, string][] => {
        const fact = active === isActive ? factIn(stored, match) : undefined;
        return fact === undefined ? [] : [[fact, id]];
      }),
    );
  const formerly = await ownersByFact({ listedAccounts }, holders(false), {
    roundId,
    onlyNobodys: true,
  });
  return new Map([
    ...formerly,
    ...(await ownersByFact({ listedAccounts }, holders(true), { roundId })),
  ]);
}

/**
 * Accounts that a fact matched with people who have another value for it now, which isn't the account's either. Where the app has
 * renamed the account, the person's value is the one that matched, and the account stays theirs.
 */
export async function noLongerMatched(
  { listedAccounts }: Pick<Stores, 'listedAccounts'>,
  people: readonly PersonWithFacts[],
  { roundId, match }: InRound,
): Promise<readonly string[]> {
  if (match === undefined) return [];
  const facts = new Map(people.map(({ id, stored }) => [id, factIn(stored, match)]));
  const matched = await listedAccounts.matchedByFacts(roundId, [...facts.keys()]);
  return matched.flatMap(({ id, personId = '', matchedFact, fact = '' }) => {
    const now = facts.get(personId);
    const isOther = now !== undefined && now !== matchedFact && now !== factKey(fact);
    return isOther ? [id] : [];
  });
}

async function ownersByFact(
  { listedAccounts }: Pick<Stores, 'listedAccounts'>,
  holders: ReadonlyMap<string, string>,
  { roundId, onlyNobodys = false }: { readonly roundId: string; readonly onlyNobodys?: boolean },
): Promise<NewOwners> {
  if (holders.size === 0) return new Map();
  const listed = await listedAccounts.withFacts(roundId, [...holders.keys()]);
  return changes(
    listed
      .filter(({ isAdopted, personId }) => !isAdopted && !(onlyNobodys && personId !== undefined))
      .map(({ id, personId, fact = '' }) => ({
        id,
        personId,
        owner: holders.get(factKey(fact)),
      })),
  );
}

/** By what grants wrote at this app: the fact, and for accounts that are nobody's yet the address at that time. */
export async function ownersByIdentity(
  { listedAccounts }: Pick<Stores, 'listedAccounts'>,
  identities: readonly Account[],
  { roundId, match }: InRound,
): Promise<Readonly<Record<'byFact' | 'byAddress', NewOwners>>> {
  const facts = new Map<string, string>();
  const emails = new Map<string, string>();
  for (const { facts: known, personId } of identities) {
    const fact = match === undefined ? undefined : factIn(known, match);
    if (fact !== undefined) facts.set(fact, personId);
    const email = factIn(known, 'email');
    if (email !== undefined) emails.set(email, personId);
  }
  const byFact = await ownersByFact({ listedAccounts }, facts, { roundId });
  const listed =
    emails.size === 0 ? [] : await listedAccounts.withEmails(roundId, [...emails.keys()]);
  const byAddress = changes(
    listed
      .filter(
        ({ personId, isAdopted, id }) => !byFact.has(id) && personId === undefined && !isAdopted,
      )
      .map(({ id, email = '' }) => ({ id, owner: emails.get(email) })),
  );
  return { byFact, byAddress };
}
