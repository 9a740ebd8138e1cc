/**
 * Names under which integrations store values with people (`store_data`, an update's `data_structure`). The first one that
 * stores a name owns it: a second one could put another account's id where the first one's revoke reads it. A fact that
 * integrations ask people for (`extra_user_info`) belongs to the people: many may ask for it, an import may bring it, and no
 * answer of an app is stored under its name.
 */
import { fold } from '../core/fold.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import { say } from '../core/say.ts';
import type { Integration } from './directory.ts';
import { parseManifest } from './manifest/parse.ts';
import type { Problem } from './manifest/problem.ts';
import type { Manifest } from './manifest/schema.ts';
import { variablesOf } from './manifest/variables.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';

/** Whose manifest it is. */
export interface Owner {
  /** Left out for an integration that is yet to be added. */
  readonly id?: string | undefined;
  readonly name: string;
}

interface NamedPlace {
  readonly name: string;
  readonly place: string;
}

/** What its steps store. */
const keptBy = ({ execute }: Manifest): readonly NamedPlace[] =>
  execute.flatMap(({ storeData = {} }, step) =>
    Object.keys(storeData).map((name) => ({ name, place: `execute[${step}].store_data.${name}` })),
  );

/** What it brings as an update; its `email` only finds people. */
const broughtBy = (manifest: Manifest): readonly NamedPlace[] =>
  manifest.kind === 'sync' && manifest.action === 'update'
    ? Object.keys(manifest.dataStructure)
        .filter((name) => name !== 'email')
        .map((name) => ({ name, place: `data_structure.${name}` }))
    : [];

const askedBy = ({ extraUserInfo }: Manifest): readonly NamedPlace[] =>
  extraUserInfo.map(({ id }, index) => ({ name: id, place: `extra_user_info[${index}].id` }));

const namesOf = (places: readonly NamedPlace[]): readonly string[] => [
  ...new Set(places.map(({ name }) => name)),
];

/** Every name under which it stores something, in their order. */
export const storedBy = (manifest: Manifest): readonly string[] =>
  namesOf([...keptBy(manifest), ...broughtBy(manifest)]);

interface Other {
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly text: string;
}

/** All integrations with a manifest that can be read, as they are now. */
async function readAll({ integrations }: Pick<Stores, 'integrations'>): Promise<readonly Other[]> {
  const listed = await integrations.list();
  const ids = listed.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  const texts = new Map(
    (await integrations.findVersions(ids)).map(({ id, manifest }) => [id, manifest]),
  );
  return listed.flatMap((integration) => {
    const text = texts.get(integration.manifestVersionId ?? '');
    const parsed = text === undefined ? undefined : parseManifest(text);
    return text !== undefined && parsed?.ok
      ? [{ integration, manifest: parsed.manifest, text }]
      : [];
  });
}

/** What keeps a manifest from being saved: names that are another integration's, or the people's. */
export async function nameProblems(
  stores: NameStores,
  manifest: Manifest,
  owner: Owner,
): Promise<readonly Problem[]> {
  const [kept, brought, asked] = [keptBy(manifest), broughtBy(manifest), askedBy(manifest)];
  if (kept.length + brought.length + asked.length === 0) return [];
  const all = await readAll(stores);
  const others = all.filter(({ integration }) => integration.id !== owner.id);
  const holders = await holdersOf(stores, namesOf([...kept, ...brought]), { owner, all });
  const taken = takenNames([...all, { manifest }], holders);
  const offer = (name: string): string => anotherName(name, owner.name, taken);
  const problems: Problem[] = [];
  for (const { name, place } of [...kept, ...brought]) {
    const holder = holders.get(name);
    if (holder) problems.push({ place, message: sayHeld(name, holder, offer(name)) });
  }
  for (const { name, place } of kept) {
    const asking = others.find((other) => namesOf(askedBy(other.manifest)).includes(name));
    if (asking && !holders.has(name))
      problems.push({ place, message: sayAsked(name, asking.integration, offer(name)) });
  }
  for (const { name, place } of asked) {
    const keeping = others.find((other) => namesOf(keptBy(other.manifest)).includes(name));
    if (keeping) problems.push({ place, message: sayKept(name, keeping.integration, offer(name)) });
  }
  return problems;
}

export type NameStores = Pick<Stores, 'integrations' | 'storedNames' | 'runs' | 'removals'>;

/** Why a name isn't free. */
interface Holder {
  readonly integration: Integration;
  /** `stores` it; has stored it and still `works` (runs, removals); has stored it, and `user` names it. */
  readonly how: 'stores' | 'works' | 'used';
  readonly user?: Integration;
}

/** Of those names that another integration holds: which, and how. */
async function holdersOf(
  stores: NameStores,
  names: readonly string[],
  { owner, all }: { readonly owner: Owner; readonly all: readonly Other[] },
): Promise<ReadonlyMap<string, Holder>> {
  const holders = new Map<string, Holder>();
  for (const { name, integrationId } of await stores.storedNames.of(names)) {
    if (integrationId === owner.id) continue;
    const integration = await stores.integrations.find(integrationId);
    const held = integration && (await howHeld(stores, name, integration, { owner, all }));
    if (held) holders.set(name, { integration, ...held });
  }
  return holders;
}

/** Undefined where the name is free: its owner stores it no more, nothing there has yet to end, and nobody else names it. */
async function howHeld(
  stores: Pick<Stores, 'runs' | 'removals'>,
  name: string,
  holder: Integration,
  { owner, all }: { readonly owner: Owner; readonly all: readonly Other[] },
): Promise<Omit<Holder, 'integration'> | undefined> {
  const now = all.find(({ integration }) => integration.id === holder.id);
  if (now && storedBy(now.manifest).includes(name)) return { how: 'stores' };
  const open = await stores.removals.count({ integrationId: holder.id, state: 'open' });
  if (open > 0 || (await stores.runs.unfinishedAt(holder.id)).length > 0) return { how: 'works' };
  const user = all.find(({ integration, text }) => integration.id !== owner.id && uses(text, name));
  return user && { how: 'used', user: user.integration };
}

function uses(text: string, wanted: string): boolean {
  const json = parseJson(text);
  return (
    isJsonObject(json) &&
    variablesOf(json).some(({ name }) => name === wanted || name.split('.')[0] === wanted)
  );
}

const takenNames = (
  manifests: readonly { readonly manifest: Manifest }[],
  holders: ReadonlyMap<string, Holder>,
): ReadonlySet<string> =>
  new Set([
    ...holders.keys(),
    ...manifests.flatMap(({ manifest }) => [
      ...storedBy(manifest),
      ...namesOf(askedBy(manifest)),
      ...[...manifest.form, ...manifest.initialDataForm].map(({ id }) => id),
    ]),
  ]);

/** `ZOOM_EU_ZOOM_ID`: with the integration's name before it, and a number where that is taken, too. */
function anotherName(name: string, integration: string, taken: ReadonlySet<string>): string {
  const words = fold(integration.slice(0, MAX_PREFIX)).match(/[a-z0-9]+/g) ?? ['own'];
  const prefix = words.join('_');
  const isLower = name === name.toLowerCase();
  const wanted = `${isLower ? prefix : prefix.toUpperCase()}_${name}`;
  let free = wanted;
  for (let n = 2; taken.has(free); n++) free = `${wanted}_${n}`;
  return free;
}

/** An offered name is to be read and typed. */
const MAX_PREFIX = 30;

function sayHeld(name: string, { integration, how, user }: Holder, offered: string): string {
  if (how === 'works')
    return say`"${name}" is what ${integration.name} has stored with people, and something there has yet to end; wait for that, or use another name, such as "${offered}"`;
  return how === 'used' && user
    ? say`"${name}" is what ${integration.name} has stored with people, and ${user.name} still uses it; use another name, such as "${offered}"`
    : say`"${name}" is what ${integration.name} stores with people; use another name, such as "${offered}"`;
}

const sayAsked = (name: string, { name: asking }: Integration, offered: string): string =>
  say`"${name}" is a fact that ${asking} asks people for, so no answer is stored under it; use another name, such as "${offered}"`;

const sayKept = (name: string, { name: keeping }: Integration, offered: string): string =>
  say`"${name}" is what ${keeping} stores with people, so nobody is asked for it; use another id, such as "${offered}"`;

/** Makes the integration the owner of what its manifest stores. To be called where `nameProblems` found none, after `lock`. */
export const claimNames = (
  tx: Pick<Transaction, 'storedNames'>,
  { id }: Pick<Integration, 'id'>,
  manifest: Manifest,
  since: Date,
): Promise<void> => tx.storedNames.claim(id, storedBy(manifest), since);

export interface NameClash {
  readonly name: string;
  /** Who stores it although it is another's. */
  readonly integration: Integration;
  /** Whose it is: who stored it first, or who asks people for it. */
  readonly owner: Integration;
  readonly how: 'both-store' | 'asked';
}

/** Clashes that are there: integrations that were saved before names had owners. */
export async function nameClashes(
  stores: Pick<Stores, 'integrations' | 'storedNames'>,
): Promise<readonly NameClash[]> {
  const all = await readAll(stores);
  const byId = new Map(all.map((each) => [each.integration.id, each.integration]));
  const names = [...new Set(all.flatMap(({ manifest }) => storedBy(manifest)))];
  const owners = new Map(
    (await stores.storedNames.of(names)).map(({ name, integrationId }) => [name, integrationId]),
  );
  return all.flatMap(({ integration, manifest }) => [
    ...storedBy(manifest).flatMap((name): NameClash[] => {
      const owner = byId.get(owners.get(name) ?? '');
      return owner && owner.id !== integration.id
        ? [{ name, integration, owner, how: 'both-store' }]
        : [];
    }),
    ...namesOf(keptBy(manifest)).flatMap((name): NameClash[] => {
      const asking = all.find(
        (other) =>
          other.integration.id !== integration.id &&
          namesOf(askedBy(other.manifest)).includes(name),
      );
      return asking ? [{ name, integration, owner: asking.integration, how: 'asked' }] : [];
    }),
  ]);
}
