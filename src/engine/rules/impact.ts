/** The dry run: what a rule would change for whom, before it is turned on, changed, turned off or deleted. */
import { together } from '../../core/together.ts';
import { type Hold, isOfRule } from '../access/hold.ts';
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { keyOf, keyOfGiven } from './apply-rules.ts';
import { type At, byPerson, givenTo, loadedFrom, withoutExceptions } from './load-rules.ts';
import type { Rule, RuleDefinition } from './rule.ts';

const PAGE = 250;
/** A change that touches more people, or more of everyone, is a large one. */
const LARGE_PEOPLE = 20;
const LARGE_SHARE = 0.1;

export interface Impact {
  readonly changes: readonly PersonImpact[];
  /** Who matches, also where nothing changes for them. */
  readonly matching: number;
  /** Everyone who is active. */
  readonly people: number;
  /** Who gets something that they lack, and who loses something in the end. */
  readonly gaining: number;
  readonly losing: number;
  /** Whether it touches more than 20 people, or more than a tenth of everyone. */
  readonly isLarge: boolean;
}

/** Ids of integrations. */
export interface PersonImpact {
  readonly person: Person;
  readonly gains: readonly string[];
  /** They have it for another reason, so nothing is sent; now the rule is a reason, too. */
  readonly hasAlready: readonly string[];
  /** After the overlap. */
  readonly loses: readonly string[];
  /** The rule is no reason any more, but there is another one. */
  readonly keeps: readonly string[];
}

/** @param next how it would be; undefined: turned off or deleted */
export async function impactOf(
  stores: Stores,
  { rule, next }: { readonly rule: Rule; readonly next: RuleDefinition | undefined },
  at: At,
): Promise<Impact> {
  const rules = next ? [{ ...rule, definition: next }] : [];
  const loaded = await loadedFrom(stores, rules, at);
  const changes: PersonImpact[] = [];
  let [matching, people] = [0, 0];
  for (let after = ''; ; ) {
    const page = await stores.people.activePage(after, PAGE);
    const ids = page.map(({ id }) => id);
    const [holds, exceptions, given] = await together([
      stores.holds.openOfPeople(ids),
      stores.ruleExceptions.inEffect(ids, at.now),
      givenTo(stores, page, loaded),
    ]);
    const held = byPerson(holds);
    const excepted = byPerson(exceptions);
    for (const person of page) {
      const all = given.get(person.id) ?? [];
      if (all.length > 0) matching += 1;
      const wanted = withoutExceptions(all, excepted(person.id));
      const change = changeFor(rule.id, held(person.id), wanted.map(keyed));
      if (change) changes.push({ person, ...change });
    }
    people += page.length;
    const last = ids.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last;
  }
  return summed(changes, { matching, people });
}

interface Keyed {
  readonly key: string;
  readonly integrationId: string;
}

const keyed = (given: Parameters<typeof keyOfGiven>[0]): Keyed => ({
  key: keyOfGiven(given),
  integrationId: given.item.integrationId,
});

/** Undefined where nothing changes. */
function changeFor(
  ruleId: string,
  holds: readonly Hold[],
  wanted: readonly Keyed[],
): Omit<PersonImpact, 'person'> | undefined {
  const own = holds.filter(isOfRule).filter((hold) => hold.ruleId === ruleId && !hold.endsAt);
  const before = new Set(own.map(keyOf));
  const after = new Set(wanted.map(({ key }) => key));
  const fresh = wanted.filter(({ key }) => !before.has(key));
  const ending = own.filter((hold) => !after.has(keyOf(hold)));
  if (fresh.length + ending.length === 0) return undefined;
  const isHeld = (integrationId: string): boolean =>
    holds.some((hold) => hold.integrationId === integrationId);
  const lasts = (integrationId: string): boolean =>
    wanted.some((each) => each.integrationId === integrationId) ||
    holds.some(
      (hold) => hold.integrationId === integrationId && !ending.some(({ id }) => id === hold.id),
    );
  const freshAt = idsOf(fresh);
  const endingAt = idsOf(ending);
  return {
    gains: freshAt.filter((id) => !isHeld(id)),
    hasAlready: freshAt.filter(isHeld),
    loses: endingAt.filter((id) => !lasts(id)),
    keeps: endingAt.filter(lasts),
  };
}

const idsOf = (of: readonly { readonly integrationId: string }[]): readonly string[] => [
  ...new Set(of.map(({ integrationId }) => integrationId)),
];

function summed(
  changes: readonly PersonImpact[],
  { matching, people }: Pick<Impact, 'matching' | 'people'>,
): Impact {
  const touched = changes.filter(({ gains, loses }) => gains.length + loses.length > 0).length;
  return {
    changes,
    matching,
    people,
    gaining: changes.filter(({ gains }) => gains.length > 0).length,
    losing: changes.filter(({ loses }) => loses.length > 0).length,
    isLarge: touched > LARGE_PEOPLE || touched > people * LARGE_SHARE,
  };
}
