/** What there is, as documents: what an export writes, and what a plan compares files with. */
import { chunksOf } from '../../core/batches.ts';
import type { JsonObject } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import { answersByName } from '../integrations/form.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { Integration, ManifestVersion } from '../people/directory.ts';
import type { NamedStore, Page } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { definitionOf, type Rule } from '../rules/rule.ts';
import type { Answer, RunInputs } from '../runs/run.ts';
import type { Sequence } from '../sequences/sequence.ts';
import { policyOf, settingsOf } from '../settings/settings.ts';
import { areUnread, workspaceSettings } from '../settings/workspace-settings.ts';
import type { Documents, RuleGrant, StoredThing } from './document.ts';
import { SETTINGS_ID, type ThingKind } from './managed.ts';
import { referencesIn, withReferences } from './named.ts';
import { normalised } from './normal-form.ts';

const PAGE = 200;

/** Everything that files can say, by kind and name. Without what is being deleted. */
export async function allThings(stores: Stores): Promise<readonly StoredThing[]> {
  const known = { ...stores, integrations: await allRead(stores.integrations) };
  const things: StoredThing[] = [];
  for (const { kind, id } of await allIds(known)) {
    const thing = await findThing(known, kind, id);
    if (thing) things.push(thing);
  }
  return things;
}

/** Reads all of them at once: each bundle, rule and sequence asks for its apps, and each of 2,000 integrations for itself. */
async function allRead(integrations: Stores['integrations']): Promise<Stores['integrations']> {
  const all = await integrations.list();
  const wanted = all.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  const versions = new Map<string, ManifestVersion>();
  for (const some of chunksOf(wanted, PAGE))
    for (const version of await integrations.findVersions(some)) versions.set(version.id, version);
  const byId = new Map(all.map((each) => [each.id, each]));
  return {
    ...integrations,
    list: async () => all,
    find: async (id) => byId.get(id) ?? integrations.find(id),
    findVersion: async (id) => versions.get(id ?? '') ?? integrations.findVersion(id),
  };
}

async function allIds(
  stores: Stores,
): Promise<readonly { readonly kind: ThingKind; readonly id: string }[]> {
  const of = <K extends ThingKind>(
    kind: K,
    all: readonly { readonly id: string; name: string }[],
  ) => all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ id }) => ({ kind, id }));
  return [
    { kind: 'settings', id: SETTINGS_ID },
    ...of('integration', await stores.integrations.list()),
    ...of('bundle', await pagesOf(stores.bundles)),
    ...of('rule', await pagesOf(stores.rules)),
    ...of('sequence', await pagesOf(stores.sequences)),
  ];
}

async function pagesOf<T>(store: Pick<NamedStore<T>, 'list'>): Promise<readonly T[]> {
  const found: T[] = [];
  for (;;) {
    const page: Page = { offset: found.length, limit: PAGE };
    const { items } = await store.list('', page);
    found.push(...items);
    if (items.length < PAGE) return found;
  }
}

/** Undefined: there is none any more, or it is being deleted. */
export async function findThing(
  stores: Stores,
  kind: ThingKind,
  id: string,
): Promise<StoredThing | undefined> {
  switch (kind) {
    case 'settings':
      return thingOf(
        stores,
        { kind, id, name: '', ...((await areUnread(stores)) && { isUnread: true }) },
        await workspaceSettings(stores),
      );
    case 'integration': {
      const found = await stores.integrations.find(id);
      if (!found || found.deletedAt || found.deletingSince) return undefined;
      const version = await stores.integrations.findVersion(found.manifestVersionId);
      const thing = await thingOf(
        stores,
        {
          kind,
          id,
          name: found.name,
          ...(found.settings === 'unread' && { isUnread: true }),
        },
        integrationDocument(found, version),
      );
      return version ? { ...thing, manifest: version.manifest } : thing;
    }
    case 'bundle': {
      const found = await stores.bundles.find(id);
      const version = found && (await stores.bundles.findVersion(found.versionId));
      if (!found || !version || found.deletedAt) return undefined;
      const apps = [];
      for (const { integrationId, form, answers, hours } of version.items)
        apps.push({ ...(await appOf(stores, { integrationId, form, answers })), hours });
      const { name, description, tags } = found;
      return thingOf(stores, { kind, id, name }, { name, description, tags: [...tags], apps });
    }
    case 'rule': {
      const found = await stores.rules.find(id);
      if (!found || found.deletedAt) return undefined;
      return thingOf(stores, { kind, id, name: found.name }, await ruleDocument(stores, found));
    }
    case 'sequence': {
      const found = await stores.sequences.find(id);
      if (!found || found.deletedAt) return undefined;
      return thingOf(stores, { kind, id, name: found.name }, await sequenceDocument(stores, found));
    }
    default:
      return unreachable(kind);
  }
}

async function thingOf<K extends ThingKind>(
  stores: Stores,
  thing: Pick<StoredThing, 'id' | 'name' | 'isUnread'> & { readonly kind: K },
  document: Documents[K] | object,
): Promise<StoredThing> {
  const plain = JSON.parse(JSON.stringify(document)) as JsonObject; // Without what is undefined.
  const known = await withNames(stores, plain);
  // In the order of the schema, with every default, as a file is read.
  return { ...thing, document: normalised(thing.kind, known) };
}

/** Ids become names. Who was erased is left out. */
async function withNames(stores: Stores, document: JsonObject): Promise<JsonObject> {
  const ids = { person: [], integration: [], bundle: [] } as Record<string, string[]>;
  for (const { to, value } of referencesIn(document)) ids[to]?.push(value);
  const names = new Map<string, string>();
  for (const { id, email } of await stores.people.findMany(ids['person'] ?? []))
    names.set(id, email);
  for (const { id, name } of await stores.integrations.findMany(ids['integration'] ?? []))
    names.set(id, name);
  for (const { id, name } of await stores.bundles.findMany(ids['bundle'] ?? []))
    names.set(id, name);
  return withReferences(document, ({ value }) => names.get(value));
}

/** An import that a schedule starts. */
export function isScheduled(version: { readonly manifest: string } | undefined): boolean {
  const manifest = manifestIn(version);
  return manifest?.kind === 'sync' && manifest.schedule !== undefined;
}

function integrationDocument(
  integration: Integration,
  version: { readonly manifest: string } | undefined,
): object {
  const { name, icon, enabled: turnedOn } = integration;
  const settings = settingsOf(integration);
  const { ownerIds = [], asksForCodes, breakGlass, notices, assignee, schedule, owns } = settings;
  return {
    name,
    icon,
    turnedOn,
    ...(ownerIds.length > 0 && { ownerIds }),
    ...(settings.policy && { policy: policyOf(integration) }),
    ...(asksForCodes && { asksForCodes }),
    breakGlass,
    notices,
    assignee,
    ...(schedule?.isPaused && isScheduled(version) && { paused: true }),
    owns,
  };
}

interface Answered {
  readonly integrationId: string;
  readonly form: RunInputs['form'];
  readonly answers: readonly Answer[];
}

/** Without the answers as people read them, where the manifest says them. */
async function appOf(stores: Stores, { integrationId, form, answers }: Answered): Promise<object> {
  const known = await derivedAnswers(stores, integrationId, form);
  const isDerived = JSON.stringify(answers) === JSON.stringify(known);
  return { integrationId, form, ...(!isDerived && { answers }) };
}

/** The answers as people read them, as far as the manifest of now says. */
export async function derivedAnswers(
  { integrations }: Pick<Stores, 'integrations'>,
  integrationId: string,
  form: RunInputs['form'],
): Promise<readonly Answer[]> {
  const integration = await integrations.find(integrationId);
  const manifest = manifestIn(await integrations.findVersion(integration?.manifestVersionId));
  return answersByName(manifest?.form ?? [], form);
}

async function ruleDocument(stores: Stores, rule: Rule): Promise<object> {
  const { name, isOn } = rule;
  const { items, matching, conditions, daysBefore, overlapDays } = definitionOf(rule);
  const grants: object[] = [];
  const bundles = new Set<string>();
  for (const { id, bundleId } of items)
    if (bundleId !== undefined) {
      if (!bundles.has(bundleId)) grants.push({ bundleId });
      bundles.add(bundleId);
    } else {
      const item = await stores.rules.findItem(id);
      if (item) grants.push(await appOf(stores, item));
    }
  return { name, turnedOn: isOn, matching, conditions, daysBefore, overlapDays, grants };
}

async function sequenceDocument(stores: Stores, sequence: Sequence): Promise<object> {
  const { id, name, anchor, isOn: turnedOn, isForEveryHire: forEveryHire } = sequence;
  const stored = await stores.sequences.items(id);
  const items: object[] = [];
  for (const { timing, does, waitsForItemId } of stored) {
    const waitsFor = 1 + stored.findIndex((each) => each.id === waitsForItemId);
    items.push({
      when: timing,
      does: does.kind === 'grant' ? { kind: does.kind, ...(await appOf(stores, does)) } : does,
      ...(waitsFor > 0 && { waitsFor }),
    });
  }
  return {
    name,
    anchor,
    turnedOn,
    forEveryHire,
    startsOn: await stores.sequenceStarts.of(id),
    items,
  };
}

export const isBundle = (grant: RuleGrant): grant is { readonly bundleId: string } =>
  'bundleId' in grant;
