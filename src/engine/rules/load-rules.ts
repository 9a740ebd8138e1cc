/** Reads what an evaluation needs to know of rules, once for many people. */
import { onceFor } from '../../core/once-for.ts';
import { together } from '../../core/together.ts';
import { storedBy } from '../integrations/manifest-names.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Integration, Person } from '../people/directory.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { StoredName } from '../ports/integration-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type Addresses, addressesOf } from './addresses.ts';
import { isStored, storedName } from './condition.ts';
import {
  compileRule,
  factsOf,
  indexRules,
  type MatchContext,
  namesOne,
  type RuleIndex,
  todayIn,
} from './conditions.ts';
import {
  definitionOf,
  type ItemRef,
  isReadable,
  type Rule,
  type RuleDefinition,
  type RuleException,
} from './rule.ts';

type Reading = Pick<Stores, 'rules' | 'storedNames' | 'integrations' | 'people' | 'syncRuns'>;

/** The rules that are on. */
export interface LoadedRules extends Pick<MatchContext, 'writers' | 'today'> {
  readonly byId: ReadonlyMap<string, Rule>;
  readonly index: RuleIndex;
  /** Whether a condition compares managers, and whether one names people by their address. */
  readonly namesManagers: boolean;
  readonly namesPeople: boolean;
  /** Integrations that are turned off or deleted: nothing can be granted there now. */
  readonly closed: ReadonlySet<string>;
  /** Those of them that are deleted or are being deleted: nothing will ever be granted there. */
  readonly deleted: ReadonlySet<string>;
  /**
   * Ids of rules that stand still: they give nothing and take nothing. They compare a value that no import brings, or none has
   * brought yet, such as right after another import took the place of one; or they can't be read. Otherwise everyone would lose what
   * they give, or get it.
   */
  readonly still: ReadonlySet<string>;
}

export interface At {
  readonly now: Date;
  /** IANA name. The installation's, for people without one. */
  readonly timeZone: string;
}

export async function loadRules(stores: Reading, at: At): Promise<LoadedRules> {
  // What they needed the last time is asked for with them: mostly no rule has changed.
  const { compareStored, ids } = needed;
  const [rules, stored, found] = await together([
    stores.rules.on(),
    compareStored ? stores.storedNames.list() : undefined,
    ids.length === 0 ? [] : stores.integrations.findMany(ids),
  ]);
  const loaded = await loadedWith(stores, rules, { ...at, stored, found, asked: ids });
  needed = loaded.needed;
  return loaded;
}

interface Needed {
  /** Whether they compare stored values. */
  readonly compareStored: boolean;
  /** Of the integrations that they give, and of those that bring these values. */
  readonly ids: readonly string[];
}

/** By the rules that were on when they were read the last time. */
let needed: Needed = { compareStored: false, ids: [] };

/** The same for these rules alone, whether they are on or not. */
export const loadedFrom = (stores: Reading, rules: readonly Rule[], at: At): Promise<LoadedRules> =>
  loadedWith(stores, rules, { ...at, found: [], asked: [] });

interface RuleRows extends At {
  /** Undefined: not asked for. */
  readonly stored?: readonly StoredName[] | undefined;
  readonly found: readonly Integration[];
  /** Ids of the integrations that were asked for. */
  readonly asked: readonly string[];
}

async function loadedWith(
  stores: Reading,
  rules: readonly Rule[],
  { now, timeZone, asked, ...read }: RuleRows,
): Promise<LoadedRules & { readonly needed: Needed }> {
  const { names, integrationIds, ...once } = readOnce(rules);
  const compareStored = names.size > 0;
  const stored = compareStored ? (read.stored ?? (await stores.storedNames.list())) : [];
  const owned = stored.filter(({ name }) => names.has(name));
  const ids = new Set([...integrationIds, ...owned.map(({ integrationId }) => integrationId)]);
  const areAsked = [...ids].every((id) => asked.includes(id));
  const found = areAsked ? read.found : await stores.integrations.findMany([...ids]);
  const writers = await broughtAmong(stores, await importedAmong(stores, owned, found));
  return {
    ...once,
    writers,
    still: new Set(
      rules.flatMap((rule) =>
        isReadable(rule) && standsOn(definitionOf(rule), writers) ? [] : rule.id,
      ),
    ),
    closed: new Set(found.flatMap((each) => (isClosed(each) ? each.id : []))),
    deleted: new Set(found.flatMap((each) => (isDeleted(each) ? each.id : []))),
    today: todayIn(timeZone, now),
    needed: { compareStored, ids: [...ids] },
  };
}

interface Read extends Pick<LoadedRules, 'byId' | 'index' | 'namesManagers' | 'namesPeople'> {
  /** Names of stored values that conditions compare. */
  readonly names: ReadonlySet<string>;
  readonly integrationIds: readonly string[];
}

/** By the list: the store gives the same one until a rule changes. */
const readOnce = onceFor((rules: readonly Rule[]): Read => {
  const definitions = rules.map(definitionOf);
  const conditions = definitions.flatMap((each) => each.conditions);
  const fields = conditions.map(({ field }) => field);
  const names = fields.filter(isStored).map(storedName);
  const ids = definitions.flatMap(({ items }) => items.map(({ integrationId }) => integrationId));
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    index: indexRules(rules.map(compileRule)),
    namesManagers: fields.includes('manager'),
    namesPeople: conditions.some((each) => each.field === 'email' && namesOne(each)),
    names: new Set(names),
    integrationIds: [...new Set(ids)],
  };
});

const isDeleted = ({ deletingSince, deletedAt }: Integration): boolean =>
  deletingSince !== undefined || deletedAt !== undefined;

export const isClosed = (integration: Integration): boolean =>
  !integration.enabled || isDeleted(integration);

const standsOn = (
  { conditions }: Pick<RuleDefinition, 'conditions'>,
  writers: ReadonlyMap<string, string>,
): boolean => conditions.every(({ field }) => !isStored(field) || writers.has(storedName(field)));

/** Names that an import has brought since it owns them, with its id: before, no one's value says anything. */
export async function broughtNames(
  stores: Pick<Stores, 'storedNames' | 'integrations' | 'syncRuns'>,
): Promise<ReadonlyMap<string, string>> {
  return broughtAmong(stores, await imported(stores));
}

/** A value that conditions compare and that no import has brought. */
export interface MissingValue {
  readonly name: string;
  /** The import that is to bring it. Undefined: none does. */
  readonly from: Integration | undefined;
}

/** @returns a look-up, which reads nothing more: the values that these conditions wait for */
export async function missingValues(
  stores: Pick<Stores, 'storedNames' | 'integrations' | 'syncRuns'>,
): Promise<(about: Pick<RuleDefinition, 'conditions'>) => readonly MissingValue[]> {
  const names = await imported(stores);
  const brought = await broughtAmong(stores, names);
  const found = await stores.integrations.findMany([
    ...new Set(names.map(({ integrationId }) => integrationId)),
  ]);
  const fromOf = new Map(
    names.map(({ name, integrationId }) => [name, found.find(({ id }) => id === integrationId)]),
  );
  return ({ conditions }) =>
    [...new Set(conditions.map(({ field }) => field))]
      .filter(isStored)
      .map(storedName)
      .filter((name) => !brought.has(name))
      .map((name) => ({ name, from: fromOf.get(name) }));
}

async function broughtAmong(
  stores: Pick<Stores, 'syncRuns'>,
  names: readonly StoredName[],
): Promise<ReadonlyMap<string, string>> {
  const brought = new Map<string, string>();
  for (const { name, integrationId, since } of names)
    if (await hasRunSince(stores, integrationId, since)) brought.set(name, integrationId);
  return brought;
}

/** Whether a run of it is done that began since then, and so has read what it brings now. */
async function hasRunSince(
  stores: Pick<Stores, 'syncRuns'>,
  integrationId: string,
  since: Date,
): Promise<boolean> {
  const last = lastDone.get(integrationId);
  if (last && last >= since) return true;
  const done = await stores.syncRuns.list(
    { integrationId, states: ['done'] },
    { offset: 0, limit: 1 },
  );
  const [newest] = done.runs;
  if (!newest) return false;
  if (lastDone.size >= MAX_KNOWN) lastDone.clear();
  lastDone.set(integrationId, newest.createdAt);
  return newest.createdAt >= since;
}

/** When the newest run that is done began, by the import's id. It is kept for ever, so it stays true. */
const lastDone = new Map<string, Date>();

/** Every name that an import stores values under, with that import's id. */
export async function importedNames(
  stores: Pick<Stores, 'storedNames' | 'integrations'>,
): Promise<ReadonlyMap<string, string>> {
  return new Map((await imported(stores)).map(({ name, integrationId }) => [name, integrationId]));
}

async function imported(
  stores: Pick<Stores, 'storedNames' | 'integrations'>,
): Promise<readonly StoredName[]> {
  const owned = await stores.storedNames.list();
  const owners = new Set(owned.map(({ integrationId }) => integrationId));
  return importedAmong(stores, owned, await stores.integrations.findMany([...owners]));
}

/** Those that an import brings. A name whose owner grants access is none of them: else rules could feed themselves. */
async function importedAmong(
  stores: Pick<Stores, 'integrations'>,
  owned: readonly StoredName[],
  integrations: readonly Integration[],
): Promise<readonly StoredName[]> {
  const owners = new Set(owned.map(({ integrationId }) => integrationId));
  const brings = new Map<string, ReadonlySet<string>>();
  for (const each of integrations)
    if (owners.has(each.id) && !each.deletedAt) brings.set(each.id, await broughtBy(stores, each));
  return owned.filter(({ name, integrationId }) => brings.get(integrationId)?.has(name));
}

/** The names that its newest manifest imports; none where it grants access. A version never changes, so each is read once. */
async function broughtBy(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<ReadonlySet<string>> {
  const { manifestVersionId: id = '' } = integration;
  const before = bringing.get(id);
  if (before) return before;
  const manifest = await manifestOf(stores, integration);
  if (!manifest) return new Set();
  const names = new Set(manifest.kind === 'sync' ? storedBy(manifest) : []);
  if (bringing.size >= MAX_KNOWN) bringing.clear();
  bringing.set(id, names);
  return names;
}

/** By the version's id. */
const bringing = new Map<string, ReadonlySet<string>>();
const MAX_KNOWN = 1000;

/** What a rule gives a person. */
export interface Given {
  readonly rule: Pick<Rule, 'id' | 'name'>;
  readonly item: ItemRef;
}

/**
 * What the rules give each of these people, exceptions aside; by the person's id. Without those whose facts are damaged: of them
 * nobody knows it, and a grant needs the facts.
 */
export async function givenTo(
  stores: Pick<Stores, 'people' | 'formerEmails'>,
  people: readonly Person[],
  loaded: LoadedRules,
): Promise<ReadonlyMap<string, readonly Given[]>> {
  const context = { ...loaded, addresses: await comparedAddresses(stores, people, loaded) };
  return new Map(
    people.filter(hasReadableFacts).map((person) => {
      const facts = factsOf(person, context);
      const matched = loaded.index
        .candidates(facts)
        .filter(({ rule, matches }) => !loaded.still.has(rule.id) && matches(facts));
      return [person.id, matched.flatMap(({ rule }) => givenBy(rule, definitionOf(rule)))];
    }),
  );
}

const givenBy = (rule: Rule, { items }: RuleDefinition): readonly Given[] =>
  items.map((item) => ({ rule, item }));

/** Those that conditions compare; nothing is read where none does. */
export async function comparedAddresses(
  stores: Pick<Stores, 'people' | 'formerEmails'>,
  people: readonly Person[],
  { namesManagers, namesPeople }: Pick<LoadedRules, 'namesManagers' | 'namesPeople'>,
): Promise<Addresses> {
  const ids = namesManagers ? people.flatMap(({ managerId }) => managerId ?? []) : [];
  const managers = ids.length === 0 ? [] : await stores.people.findMany([...new Set(ids)]);
  return addressesOf(stores, [...managers, ...(namesPeople ? people : [])]);
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

/** Tells a hold or a trouble of one item from those of others. */
export const itemKey = (of: {
  readonly itemId: string | undefined;
  readonly integrationId: string;
}): string => `${of.itemId} ${of.integrationId}`;

/** An exception is from an app of a rule, whichever of the rule's items grant it, now or later. */
export const exceptionKey = (of: Pick<RuleException, 'ruleId' | 'integrationId'>): string =>
  `${of.ruleId} ${of.integrationId}`;

/** What the rules give a person, without what exceptions leave out. */
export function withoutExceptions(
  given: readonly Given[],
  exceptions: readonly Pick<RuleException, 'ruleId' | 'integrationId'>[],
): readonly Given[] {
  if (exceptions.length === 0) return given;
  const excepted = new Set(exceptions.map(exceptionKey));
  return given.filter(
    ({ rule: { id: ruleId }, item: { integrationId } }) =>
      !excepted.has(exceptionKey({ ruleId, integrationId })),
  );
}
