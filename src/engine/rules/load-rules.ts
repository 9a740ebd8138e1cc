/** Reads what an evaluation needs to know of rules, once for many people. */
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isStored, storedName } from './condition.ts';
import {
  compileRule,
  factsOf,
  indexRules,
  type MatchContext,
  type RuleIndex,
  todayIn,
} from './conditions.ts';
import type { ItemRef, Rule, RuleDefinition } from './rule.ts';

type Reading = Pick<Stores, 'rules' | 'storedNames' | 'integrations' | 'people' | 'syncRuns'>;

/** The rules that are on. */
export interface LoadedRules extends Pick<MatchContext, 'writers' | 'today'> {
  readonly byId: ReadonlyMap<string, Rule>;
  readonly index: RuleIndex;
  readonly namesManagers: boolean;
  /** Integrations that are turned off or deleted: nothing can be granted there now. */
  readonly closed: ReadonlySet<string>;
  /**
   * Ids of rules that stand still: they give nothing and take nothing. They compare a value that no import brings, or none has
   * brought yet, such as right after another import took the place of one. Everyone would lose what they give, or have it.
   */
  readonly still: ReadonlySet<string>;
}

export interface At {
  readonly now: Date;
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
}

export async function loadRules(stores: Reading, at: At): Promise<LoadedRules> {
  return loadedFrom(stores, await stores.rules.on(), at);
}

/** The same for these rules alone, whether they are on or not. */
export async function loadedFrom(
  stores: Reading,
  rules: readonly Rule[],
  { now, timeZone }: At,
): Promise<LoadedRules> {
  const { names, integrationIds, ...read } = readOnce(rules);
  const stored = names.size === 0 ? [] : await stores.storedNames.list();
  const owned = stored.filter(({ name }) => names.has(name));
  const found = await stores.integrations.findMany([
    ...new Set([...integrationIds, ...owned.map(({ integrationId }) => integrationId)]),
  ]);
  const writers = await broughtAmong(stores, await importedAmong(stores, owned, found));
  return {
    ...read,
    writers,
    still: new Set(
      rules.flatMap(({ id, definition }) => (standsOn(definition, writers) ? [] : id)),
    ),
    closed: new Set(found.flatMap((each) => (isClosed(each) ? each.id : []))),
    today: todayIn(timeZone, now),
  };
}

interface Read extends Pick<LoadedRules, 'byId' | 'index' | 'namesManagers'> {
  /** Names of stored values that conditions compare. */
  readonly names: ReadonlySet<string>;
  readonly integrationIds: readonly string[];
}

/** By the list: the store gives the same one until a rule changes. */
const known = new WeakMap<readonly Rule[], Read>();

function readOnce(rules: readonly Rule[]): Read {
  const before = known.get(rules);
  if (before) return before;
  const definitions = rules.map(({ definition }) => definition);
  const fields = definitions.flatMap(({ conditions }) => conditions.map(({ field }) => field));
  const names = fields.filter(isStored).map(storedName);
  const ids = definitions.flatMap(({ items }) => items.map(({ integrationId }) => integrationId));
  const read = {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    index: indexRules(rules.map(compileRule)),
    namesManagers: fields.includes('manager'),
    names: new Set(names),
    integrationIds: [...new Set(ids)],
  };
  known.set(rules, read);
  return read;
}

export const isClosed = ({ enabled, deletingSince, deletedAt }: Integration): boolean =>
  !enabled || deletingSince !== undefined || deletedAt !== undefined;

const standsOn = ({ conditions }: RuleDefinition, writers: ReadonlyMap<string, string>): boolean =>
  conditions.every(({ field }) => !isStored(field) || writers.has(storedName(field)));

/** Names whose import has ended at least once, with that import's id: before, no one's value says anything. */
export async function broughtNames(
  stores: Pick<Stores, 'storedNames' | 'integrations' | 'syncRuns'>,
): Promise<ReadonlyMap<string, string>> {
  return broughtAmong(stores, await importedNames(stores));
}

async function broughtAmong(
  stores: Pick<Stores, 'syncRuns'>,
  writers: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  for (const integrationId of new Set(writers.values())) {
    if (ended.has(integrationId)) continue;
    const done = await stores.syncRuns.list(
      { integrationId, states: ['done'] },
      { offset: 0, limit: 1 },
    );
    if (done.runs.length === 0) continue;
    if (ended.size >= MAX_KNOWN) ended.clear();
    ended.add(integrationId);
  }
  return new Map([...writers].filter(([, integrationId]) => ended.has(integrationId)));
}

/** Ids of imports with a run that is done: the newest one is kept for ever. */
const ended = new Set<string>();

/** Every name that an import stores values under, with that import's id. */
export async function importedNames(
  stores: Pick<Stores, 'storedNames' | 'integrations'>,
): Promise<ReadonlyMap<string, string>> {
  const owned = await stores.storedNames.list();
  const owners = new Set(owned.map(({ integrationId }) => integrationId));
  return importedAmong(stores, owned, await stores.integrations.findMany([...owners]));
}

/** The import that owns each of these names. A name whose owner grants access has none: else rules could feed themselves. */
async function importedAmong(
  stores: Pick<Stores, 'integrations'>,
  owned: readonly { readonly name: string; readonly integrationId: string }[],
  integrations: readonly Integration[],
): Promise<ReadonlyMap<string, string>> {
  const owners = new Set(owned.map(({ integrationId }) => integrationId));
  const imports = new Set<string>();
  for (const each of integrations)
    if (owners.has(each.id) && (await isImport(stores, each))) imports.add(each.id);
  return new Map(
    owned
      .filter(({ integrationId }) => imports.has(integrationId))
      .map(({ name, integrationId }) => [name, integrationId]),
  );
}

/** Whether its newest manifest imports people. A version never changes, so each is read once. */
async function isImport(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<boolean> {
  const { manifestVersionId: id = '' } = integration;
  const before = importing.get(id);
  if (before !== undefined) return before;
  const manifest = await manifestOf(stores, integration);
  if (!manifest) return false;
  const isSync = manifest.kind === 'sync';
  if (importing.size >= MAX_KNOWN) importing.clear();
  importing.set(id, isSync);
  return isSync;
}

/** By the version's id. */
const importing = new Map<string, boolean>();
const MAX_KNOWN = 1000;

/** What a rule gives a person. */
export interface Given {
  readonly rule: Pick<Rule, 'id' | 'name'>;
  readonly item: ItemRef;
}

/** What the rules give each of these people, exceptions aside; by the person's id. */
export async function givenTo(
  stores: Pick<Stores, 'people'>,
  people: readonly Person[],
  loaded: LoadedRules,
): Promise<ReadonlyMap<string, readonly Given[]>> {
  const context = { ...loaded, managers: await managersOf(stores, people, loaded) };
  return new Map(
    people.map((person) => {
      const facts = factsOf(person, context);
      const matched = loaded.index
        .candidates(facts)
        .filter(({ rule, matches }) => !loaded.still.has(rule.id) && matches(facts));
      return [person.id, matched.flatMap(({ rule }) => givenBy(rule, rule.definition))];
    }),
  );
}

const givenBy = (rule: Rule, { items }: RuleDefinition): readonly Given[] =>
  items.map((item) => ({ rule, item }));

async function managersOf(
  stores: Pick<Stores, 'people'>,
  people: readonly Person[],
  { namesManagers }: LoadedRules,
): Promise<ReadonlyMap<string, string>> {
  if (!namesManagers) return new Map();
  const ids = [...new Set(people.flatMap(({ managerId }) => managerId ?? []))];
  const managers = await stores.people.findMany(ids);
  return new Map(managers.map(({ id, email }) => [id, email]));
}

export function byPerson<T extends { readonly personId: string }>(
  rows: readonly T[],
): (personId: string) => readonly T[] {
  const grouped = new Map<string, T[]>();
  for (const row of rows) {
    const group = grouped.get(row.personId);
    if (group) group.push(row);
    else grouped.set(row.personId, [row]);
  }
  return (personId) => grouped.get(personId) ?? [];
}

/** Tells a hold or an exception of one item from those of others. */
export const itemKey = (of: {
  readonly itemId: string | undefined;
  readonly integrationId: string;
}): string => `${of.itemId} ${of.integrationId}`;

/** What the rules give a person, without what exceptions leave out. */
export function withoutExceptions(
  given: readonly Given[],
  exceptions: readonly { readonly itemId: string; readonly integrationId: string }[],
): readonly Given[] {
  if (exceptions.length === 0) return given;
  const excepted = new Set(exceptions.map(itemKey));
  return given.filter(
    ({ item: { id: itemId, integrationId } }) => !excepted.has(itemKey({ itemId, integrationId })),
  );
}
