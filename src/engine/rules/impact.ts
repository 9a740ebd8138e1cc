/** The dry run: what a rule would change for whom, before it is turned on, changed, turned off or deleted. */
import { together } from '../../core/together.ts';
import type { Hold, LastingHold } from '../access/hold.ts';
import { manifestsOf } from '../integrations/manifest-of.ts';
import type { AccessIds, Person } from '../people/directory.ts';
import type { HeldAccess } from '../ports/access-stores.ts';
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
  /** Who is granted something again, with other answers. */
  readonly changing: number;
  /** Who may be, see `mayDiffer`. */
  readonly mayChange: number;
  /** Whether it touches more than 20 people, or more than a tenth of everyone. */
  readonly isLarge: boolean;
}

/** Ids of integrations. */
export interface PersonImpact {
  /** No more than a list shows and searches: there may be 50,000. */
  readonly person: Pick<Person, 'id' | 'firstName' | 'lastName' | 'email'>;
  readonly gains: readonly string[];
  /**
   * They are known to have it, from an app without a form: for another reason, or for none that Latchkey knows of. Now the rule is a
   * reason. A grant that only waits gives nothing yet, and what is being removed is granted again.
   */
  readonly hasAlready: readonly string[];
  /**
   * The same of an app with a form, where they have it for another reason. It is granted again where the answers differ, which isn't
   * looked at here: the answers of each grant are sealed, and there may be 50,000.
   */
  readonly mayDiffer: readonly string[];
  /**
   * It is granted with other answers. The reason with the old ones ends after the overlap; nothing of what they gave is removed. Without
   * a reason nobody knows the old ones.
   */
  readonly otherAnswers: readonly string[];
  /** After the overlap. */
  readonly loses: readonly string[];
  /** The rule is no reason any more, but there is another one. */
  readonly keeps: readonly string[];
}

/** A rule, and what it would be. */
export interface RuleChanging {
  readonly rule: Rule;
  /** Undefined: turned off or deleted. */
  readonly next: RuleDefinition | undefined;
}

/** What one change would do that changes all of these rules. */
export async function impactOf(
  stores: Stores,
  changing: readonly RuleChanging[],
  at: At,
): Promise<Impact> {
  const rules = changing.flatMap(({ rule, next }) => (next ? { ...rule, definition: next } : []));
  const ruleIds = changing.map(({ rule }) => rule.id);
  const loaded = await loadedFrom(stores, rules, at);
  const withForm = await appsWithForm(stores, changing);
  const changes: PersonImpact[] = [];
  let [matching, people] = [0, 0];
  for (let after = ''; ; ) {
    const page = await stores.people.activePage(after, PAGE);
    const ids = page.map(({ id }) => id);
    const [lasting, exceptions, given] = await together([
      stores.holds.lastingOfRules(ids, ruleIds),
      stores.ruleExceptions.inEffect(ids, at.now),
      givenTo(stores, page, loaded),
    ]);
    const own = byPerson(lasting.filter(({ ruleId }) => !loaded.still.has(ruleId)));
    const excepted = byPerson(exceptions);
    const differing = page.flatMap((person) => {
      const all = given.get(person.id);
      if (!all) return [];
      if (all.length > 0) matching += 1;
      const wanted = withoutExceptions(all, excepted(person.id)).map(keyed);
      const difference = differenceOf(own(person.id), wanted, loaded.deleted);
      return difference ? { person, wanted, difference } : [];
    });
    const differingIds = differing.map(({ person: { id } }) => id);
    const [open, held, ending] = await together([
      stores.holds.openOfPeople(differingIds),
      stores.access.heldBy(differingIds),
      stores.removals.openOfPeople(differingIds),
    ]);
    const holds = byPerson(open);
    const isEnding = new Set(ending.map(keyAt));
    const had = byPerson(held.filter((each) => each.state === 'has' && !isEnding.has(keyAt(each))));
    for (const { person, ...each } of differing) {
      const now = { holds: holds(person.id), had: had(person.id), withForm };
      changes.push({ person: named(person), ...changeFor(now, each) });
    }
    people += page.length;
    const last = ids.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last;
  }
  return summed(changes, { matching, people });
}

/** Their ids, of those that the rules would give. */
async function appsWithForm(
  stores: Stores,
  changing: readonly RuleChanging[],
): Promise<ReadonlySet<string>> {
  const ids = changing.flatMap(({ next }) => next?.items.map((item) => item.integrationId) ?? []);
  const manifests = await manifestsOf(
    stores,
    await stores.integrations.findMany([...new Set(ids)]),
  );
  return new Set([...manifests].flatMap(([id, { form }]) => (form.length > 0 ? id : [])));
}

const keyAt = ({ personId, integrationId }: AccessIds): string => `${personId} ${integrationId}`;

const named = ({ id, firstName, lastName, email }: Person): PersonImpact['person'] => ({
  id,
  firstName,
  lastName,
  email,
});

interface Keyed {
  readonly key: string;
  readonly integrationId: string;
}

const keyed = (given: Parameters<typeof keyOfGiven>[0]): Keyed => ({
  key: keyOfGiven(given),
  integrationId: given.item.integrationId,
});

interface Difference {
  /** Given, and not held by these rules. */
  readonly fresh: readonly Keyed[];
  /** Held by these rules without an end, and no longer given. */
  readonly ending: readonly LastingHold[];
}

/** Undefined where nothing changes. @param deleted ids of apps where no one gets anything any more */
function differenceOf(
  own: readonly LastingHold[],
  wanted: readonly Keyed[],
  deleted: ReadonlySet<string>,
): Difference | undefined {
  const before = new Set(own.map(keyOf));
  const after = new Set(wanted.map(({ key }) => key));
  const fresh = wanted.filter(
    ({ key, integrationId }) => !before.has(key) && !deleted.has(integrationId),
  );
  const ending = own.filter((hold) => !after.has(keyOf(hold)));
  return fresh.length + ending.length === 0 ? undefined : { fresh, ending };
}

interface Now {
  /** All that are open. */
  readonly holds: readonly Hold[];
  /** What they are known to have, and isn't being removed. */
  readonly had: readonly HeldAccess[];
  readonly withForm: ReadonlySet<string>;
}

function changeFor(
  { holds, had, withForm }: Now,
  {
    wanted,
    difference: { fresh, ending },
  }: { readonly wanted: readonly Keyed[]; readonly difference: Difference },
): Omit<PersonImpact, 'person'> {
  const isHeld = (integrationId: string): boolean =>
    had.some((each) => each.integrationId === integrationId);
  const isAnswered = (integrationId: string): boolean =>
    !withForm.has(integrationId) || holds.some((hold) => hold.integrationId === integrationId);
  const lasts = (integrationId: string): boolean =>
    wanted.some((each) => each.integrationId === integrationId) ||
    holds.some(
      (hold) => hold.integrationId === integrationId && !ending.some(({ id }) => id === hold.id),
    );
  const [freshAt, endingAt] = [idsOf(fresh), idsOf(ending)];
  const isReplaced = (id: string): boolean => freshAt.includes(id) && endingAt.includes(id);
  const isOther = (id: string): boolean => isReplaced(id) || (isHeld(id) && !isAnswered(id));
  return {
    gains: freshAt.filter((id) => !isHeld(id) && !isReplaced(id)),
    hasAlready: freshAt.filter((id) => isHeld(id) && !withForm.has(id) && !isOther(id)),
    mayDiffer: freshAt.filter((id) => isHeld(id) && withForm.has(id) && !isOther(id)),
    otherAnswers: freshAt.filter(isOther),
    loses: endingAt.filter((id) => !lasts(id)),
    keeps: endingAt.filter((id) => lasts(id) && !isReplaced(id)),
  };
}

const idsOf = (of: readonly { readonly integrationId: string }[]): readonly string[] => [
  ...new Set(of.map(({ integrationId }) => integrationId)),
];

function summed(
  changes: readonly PersonImpact[],
  { matching, people }: Pick<Impact, 'matching' | 'people'>,
): Impact {
  const touched = changes.filter(
    ({ gains, loses, otherAnswers, mayDiffer }) =>
      gains.length + loses.length + otherAnswers.length + mayDiffer.length > 0,
  ).length;
  return {
    changes,
    matching,
    people,
    gaining: changes.filter(({ gains }) => gains.length > 0).length,
    losing: changes.filter(({ loses }) => loses.length > 0).length,
    changing: changes.filter(({ otherAnswers }) => otherAnswers.length > 0).length,
    mayChange: changes.filter(({ mayDiffer }) => mayDiffer.length > 0).length,
    isLarge: touched > LARGE_PEOPLE || touched > people * LARGE_SHARE,
  };
}
