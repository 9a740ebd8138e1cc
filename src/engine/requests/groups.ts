/** Groups of a route: the active people of the directory who match its conditions now, as rules compare them. */
import type { Person } from '../people/directory.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isStored } from '../rules/condition.ts';
import { compileConditions, factsOf, type MatchContext, namesOne } from '../rules/conditions.ts';
import { broughtNames, comparedAddresses } from '../rules/load-rules.ts';
import type { Group } from '../settings/route.ts';

/** A card names them all, and each gets a message. */
export const MAX_MEMBERS = 100;
const PAGE = 250;

type Match = (people: readonly Person[]) => Promise<readonly Person[]>;

/** @returns which of these people match; they may have left */
export async function groupMatch(stores: Stores, group: Group): Promise<Match> {
  const { conditions } = group;
  const matches = compileConditions(group);
  const compareStored = conditions.some(({ field }) => isStored(field));
  const writers = compareStored ? await broughtNames(stores) : new Map<string, string>();
  const named = {
    namesManagers: conditions.some(({ field }) => field === 'manager'),
    namesPeople: conditions.some((each) => each.field === 'email' && namesOne(each)),
  };
  return async (people) => {
    const context: MatchContext = {
      writers,
      today: () => '', // No condition compares a day.
      addresses: await comparedAddresses(stores, people, named),
    };
    // Of someone whose facts can't be read, no one knows whether they are in it.
    return people.filter(hasReadableFacts).filter((person) => matches(factsOf(person, context)));
  };
}

/** Reads the whole directory. @returns at most one more than `MAX_MEMBERS` */
export async function membersOf(stores: Stores, group: Group): Promise<readonly Person[]> {
  const match = await groupMatch(stores, group);
  const members: Person[] = [];
  for (let after = ''; members.length <= MAX_MEMBERS; ) {
    const page = await stores.people.activePage(after, PAGE);
    members.push(...(await match(page)));
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.id;
  }
  return members.slice(0, MAX_MEMBERS + 1);
}
