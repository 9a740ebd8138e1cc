/**
 * Names under which integrations store values with people (`store_data`, an import's `data_structure`). The first integration
 * that stores a name owns it: a second one could store another account's id, and the first one's revoke would use it. A fact
 * that integrations ask people for (`extra_user_info`) belongs to the people. Many integrations may ask for it, and an import may
 * bring it, but no answer of an app is stored under its name.
 */
import { fold } from '../../core/fold.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { Problem } from '../manifest/problem.ts';
import type { Manifest } from '../manifest/schema.ts';
import { templatesOf } from '../manifest/variables.ts';
import type { Integration } from '../people/directory.ts';
import type { Leftover } from '../people/stored-values.ts';
import type { StoredName } from '../ports/integration-stores.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type NameIndex, nameIndex } from '../templates/name-index.ts';
import { namesUsed } from '../templates/template.ts';
import {
  askedBy,
  broughtBy,
  type IntegrationManifest,
  keptBy,
  type NamedFact,
  namesOf,
  ownersIn,
  readManifests,
  storedBy,
} from './manifest-names.ts';
import { manifestOf } from './manifest-of.ts';

/** The integration of a manifest. */
export interface Owner {
  /** Undefined for an integration that has yet to be added. */
  readonly id?: string;
  readonly name: string;
}

/** Problems that keep a manifest from being saved: names that belong to another integration, or to the people. */
export async function nameProblems(
  stores: NameStores,
  manifest: Manifest,
  owner: Owner,
): Promise<readonly Problem[]> {
  const [kept, brought, asked] = [keptBy(manifest), broughtBy(manifest), askedBy(manifest)];
  if (kept.length + brought.length + asked.length === 0) return [];
  const all = await readManifests(stores);
  const others = all.filter(({ integration }) => integration.id !== owner.id);
  const holders = await holdersOf(stores, namesOf([...kept, ...brought]), { owner, all });
  const askedHolders = await holdersOf(stores, namesOf(asked), { owner, all });
  const askedByOthers = ownersIn(others, askedBy);
  const keptByOthers = ownersIn(others, keptBy);
  const broughtByOthers = ownersIn(others, broughtBy);
  const taken = takenNames([...all, { manifest }], holders);
  const offer = (name: string): string => anotherName(name, owner.name, taken);
  const isFact = (name: string): boolean => askedByOthers.exactly(name).length > 0;
  const problems: Problem[] = [];
  for (const { name, place } of [...kept, ...brought]) {
    const holder = holders.get(name);
    if (holder) problems.push({ place, message: sayHeld(name, holder, offer(name)) });
  }
  for (const { name, place } of kept) {
    const asking = askedByOthers.clashing(name)[0];
    if (asking && !holders.has(name))
      problems.push({ place, message: sayAsked(name, asking, offer(name)) });
  }
  for (const { name, place } of brought) {
    const asking = askedByOthers.clashing(name).find((each) => each.name !== name);
    if (asking && !holders.has(name))
      problems.push({ place, message: sayAsked(name, asking, offer(name)) });
  }
  for (const { name, place } of asked) {
    const isOther = (each: { readonly name: string }): boolean => each.name !== name;
    const keeping = keptByOthers.clashing(name)[0] ?? broughtByOthers.clashing(name).find(isOther);
    const asking = askedByOthers.clashing(name).find(isOther);
    const holder = askedHolders.get(name);
    if (keeping) problems.push({ place, message: sayKept(name, keeping, offer(name)) });
    else if (holder?.how === 'works' || (holder?.how === 'used' && !isFact(name)))
      problems.push({ place, message: sayHeld(name, holder, offer(name)) });
    else if (asking) problems.push({ place, message: sayAsked(name, asking, offer(name)) });
  }
  return problems;
}

export type NameStores = Pick<Stores, 'integrations' | 'storedNames' | 'runs' | 'removals'>;

/** Why a name isn't free. */
interface Holder extends NamedFact {
  /** `stores` it; stored it and still `works` (runs, removals); stored it, and another integration uses it (`used`). */
  readonly how: 'stores' | 'works' | 'used';
  readonly user?: Integration;
}

interface Beside {
  readonly owner: Owner;
  readonly all: readonly IntegrationManifest[];
}

/** Names among these that another integration holds, or that clash with one, and how it holds them. */
async function holdersOf(
  stores: NameStores,
  names: readonly string[],
  beside: Beside,
): Promise<ReadonlyMap<string, Holder>> {
  const owned = nameIndex(await stores.storedNames.list());
  const holderOf = holderFinder(stores, beside);
  const holders = new Map<string, Holder>();
  for (const name of names)
    for (const stored of owned.clashing(name)) {
      const holder = stored.integrationId === beside.owner.id ? undefined : await holderOf(stored);
      if (!holder) continue;
      holders.set(name, holder);
      break;
    }
  return holders;
}

/**
 * Finds who holds a name, and how. Undefined if it is free: its owner no longer stores it and has no open runs or removals, and
 * no other integration names it. Reads of the stores are cached.
 */
function holderFinder(
  stores: NameStores,
  { owner, all }: Beside,
): (stored: StoredName) => Promise<Holder | undefined> {
  const byId = new Map(all.map((each) => [each.integration.id, each]));
  const storing = ownersIn(all, (manifest) => [...keptBy(manifest), ...broughtBy(manifest)]);
  const found = new Map<string, Integration | undefined>();
  const working = new Map<string, boolean>();
  const using = usersAmong(all.filter(({ integration }) => integration.id !== owner.id));
  return async ({ name, integrationId: id }) => {
    if (!found.has(id))
      found.set(id, byId.get(id)?.integration ?? (await stores.integrations.find(id)));
    const integration = found.get(id);
    if (!integration) return undefined;
    if (storing.exactly(name).some((each) => each.integration.id === id))
      return { name, integration, how: 'stores' };
    if (!working.has(id)) working.set(id, await isWorking(stores, id));
    if (working.get(id)) return { name, integration, how: 'works' };
    const user = using(name);
    return user && { name, integration, how: 'used', user };
  };
}

async function isWorking(
  { removals, runs }: Pick<Stores, 'removals' | 'runs'>,
  integrationId: string,
): Promise<boolean> {
  return (
    (await removals.count({ integrationId, state: 'open' })) > 0 ||
    (await runs.unfinishedAt(integrationId)).length > 0
  );
}

/** Finds who uses a name, or a part of its value, in a template. The first call reads the manifests. */
function usersAmong(
  all: readonly IntegrationManifest[],
): (name: string) => Integration | undefined {
  let users: Map<string, Integration> | undefined;
  return (name) => {
    users ??= new Map(
      all
        .flatMap(({ integration, text }) =>
          usedIn(text).map((used) => [used, integration] as const),
        )
        .toReversed(),
    );
    return users.get(name);
  };
}

/** Every name in its templates and sections, and the part of each before its first dot. */
function usedIn(text: string): readonly string[] {
  const json = parseJson(text);
  return (isJsonObject(json) ? templatesOf(json) : [])
    .flatMap(({ parsed }) => (parsed.ok ? namesUsed(parsed.tokens) : []))
    .flatMap((name) => [name, name.split('.')[0] ?? name]);
}

const takenNames = (
  manifests: readonly { readonly manifest: Manifest }[],
  holders: ReadonlyMap<string, Holder>,
): NameIndex<{ readonly name: string }> =>
  nameIndex([
    ...[...holders.values()].map(({ name }) => ({ name })),
    ...manifests.flatMap(({ manifest }) =>
      [
        ...storedBy(manifest),
        ...namesOf(askedBy(manifest)),
        ...[...manifest.form, ...manifest.initialDataForm].map(({ id }) => id),
      ].map((name) => ({ name })),
    ),
  ]);

/** `ZOOM_EU_ZOOM_ID`: the integration's name before it, and a number after it if that is taken too. */
function anotherName(
  name: string,
  integration: string,
  taken: NameIndex<{ readonly name: string }>,
): string {
  const words = fold(integration.slice(0, MAX_PREFIX)).match(/[a-z0-9]+/g) ?? ['own'];
  const prefix = words.join('_');
  const isLower = name === name.toLowerCase();
  // Without dots, so that only names that begin with it clash.
  const wanted = `${isLower ? prefix : prefix.toUpperCase()}_${name.replaceAll('.', '_')}`;
  let free = wanted;
  for (let n = 2; taken.clashing(free).length > 0; n++) free = `${wanted}_${n}`;
  return free;
}

/** Short, since people read and type the suggested name. */
const MAX_PREFIX = 30;

function sayHeld(
  name: string,
  { name: held, integration, how, user }: Holder,
  offered: string,
): string {
  if (held !== name)
    return t`"${name}" and "${held}" are easily confused, and ${integration.name} stores "${held}" for people; use another name, such as "${offered}"`;
  if (how === 'works')
    return t`${integration.name} has stored "${name}" for people, and something there hasn't finished yet; wait for it, or use another name, such as "${offered}"`;
  return how === 'used' && user
    ? t`${integration.name} has stored "${name}" for people, and ${user.name} still uses it; use another name, such as "${offered}"`
    : t`${integration.name} stores "${name}" for people; use another name, such as "${offered}"`;
}

const sayAsked = (
  name: string,
  { name: asked, integration }: NamedFact,
  offered: string,
): string =>
  asked === name
    ? t`${integration.name} asks people for "${name}", so no answer is stored under it; use another name, such as "${offered}"`
    : t`"${name}" and "${asked}" are easily confused, and ${integration.name} asks people for "${asked}"; use another name, such as "${offered}"`;

const sayKept = (name: string, { name: kept, integration }: NamedFact, offered: string): string =>
  kept === name
    ? t`${integration.name} stores "${name}" for people, so Latchkey doesn't ask for it; use another id, such as "${offered}"`
    : sayHeld(name, { name: kept, integration, how: 'stores' }, offered);

/**
 * Makes the integration the owner of the names that its manifest stores. Free names that clash with what it stores or asks lose
 * their former owner, and the values of that owner are dropped: neither the new owner nor a person wrote them. Accounts keep the
 * facts that they were made with. Call it after `lock`, if `nameProblems` found none.
 * @returns how many people had such values
 */
export async function claimNames(
  tx: Pick<Transaction, 'storedNames' | 'integrations' | 'people'>,
  { id }: Pick<Integration, 'id'>,
  { manifest, since }: { readonly manifest: Manifest; readonly since: Date },
): Promise<number> {
  const [stored, asked] = [storedBy(manifest), namesOf(askedBy(manifest))];
  if (stored.length + asked.length === 0) return 0;
  const owned = nameIndex(await tx.storedNames.list());
  const former = new Map<string, Leftover>();
  const ofOthers = [...stored, ...asked].flatMap((name) =>
    owned.clashing(name).filter(({ integrationId }) => integrationId !== id),
  );
  const lastOf = lastManifests(tx);
  for (const { name, integrationId: writer } of ofOthers) {
    const { manifest: last, isDeleted } = await lastOf(writer);
    // An import may bring facts that people are asked for.
    if (!isDeleted && last && storedBy(last).includes(name)) continue;
    former.set(name, { name, writer, isLikelyWriter: !last || isOnlyItsWord(name, last) });
  }
  await tx.storedNames.release([...former.keys()]);
  await tx.storedNames.claim(id, stored, since);
  return former.size === 0 ? 0 : tx.people.dropLeftovers([...former.values()]);
}

/** False for an import: people may have entered the same facts. */
const isOnlyItsWord = (name: string, last: Manifest): boolean =>
  last.kind !== 'sync' && !namesOf(askedBy(last)).includes(name);

interface LastManifest {
  /** Undefined if there never was one, or it can't be read. */
  readonly manifest: Manifest | undefined;
  readonly isDeleted: boolean;
}

/** The last manifests of integrations, also deleted ones; each is read once. */
function lastManifests({
  integrations,
}: Pick<Stores, 'integrations'>): (id: string) => Promise<LastManifest> {
  const read = new Map<string, LastManifest>();
  return async (id) => {
    const before = read.get(id);
    if (before) return before;
    const integration = await integrations.find(id);
    const found: LastManifest = {
      manifest: await manifestOf({ integrations }, integration),
      isDeleted: integration?.deletedAt !== undefined,
    };
    read.set(id, found);
    return found;
  };
}

export interface NameClash {
  readonly name: string;
  /** The integration that stores it although another owns it. */
  readonly integration: Integration;
  /** The name that it clashes with: the same, or one that a template can't tell from it. */
  readonly owned: string;
  /** The owner of that: who stored it first, or who asks people for it. */
  readonly owner: Integration;
  readonly how: 'both-store' | 'asked';
}

/** Clashes of integrations that were saved before names had owners. */
export async function nameClashes(
  stores: Pick<Stores, 'integrations' | 'storedNames'>,
): Promise<readonly NameClash[]> {
  const all = await readManifests(stores);
  const byId = new Map(all.map((each) => [each.integration.id, each.integration]));
  const list = await stores.storedNames.list();
  const ranks = new Map(list.map(({ name }, rank) => [name, rank]));
  const owned = nameIndex(list);
  const asked = ownersIn(all, askedBy);
  return all.flatMap(({ integration, manifest }) => {
    const isLater = (name: string, first: StoredName): boolean =>
      name === first.name || (ranks.get(name) ?? list.length) > (ranks.get(first.name) ?? 0);
    const kept = namesOf(keptBy(manifest));
    return [
      ...storedBy(manifest).flatMap((name): NameClash[] => {
        const first = owned
          .clashing(name)
          .find(
            (each) =>
              each.integrationId !== integration.id &&
              byId.has(each.integrationId) &&
              isLater(name, each),
          );
        const owner = byId.get(first?.integrationId ?? '');
        return first && owner
          ? [{ name, integration, owned: first.name, owner, how: 'both-store' }]
          : [];
      }),
      ...storedBy(manifest).flatMap((name): NameClash[] => {
        const asking = asked
          .clashing(name)
          .find(
            (each) =>
              each.integration.id !== integration.id && (each.name !== name || kept.includes(name)),
          );
        return asking
          ? [{ name, integration, owned: asking.name, owner: asking.integration, how: 'asked' }]
          : [];
      }),
    ];
  });
}
