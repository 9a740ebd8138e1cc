/** The names that manifests store with people, or ask them for, and where each stands. */
import type { NamedPlace } from '../manifest/problem.ts';
import { type Manifest, storedKeysIn } from '../manifest/schema.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type NameIndex, nameIndex } from '../templates/name-index.ts';
import { manifestIn } from './manifest-of.ts';

/** The names that its steps store. */
export const keptBy = ({ execute }: Manifest): readonly NamedPlace[] =>
  execute.flatMap(({ storeData = {} }, step) =>
    Object.keys(storeData).map((name) => ({ name, place: `execute[${step}].store_data.${name}` })),
  );

/** The names that an import keeps with people. */
export const broughtBy = (manifest: Manifest): readonly NamedPlace[] =>
  manifest.kind === 'sync'
    ? storedKeysIn(Object.keys(manifest.dataStructure), manifest.action).map((name) => ({
        name,
        place: `data_structure.${name}`,
      }))
    : [];

export const askedBy = ({ extraUserInfo }: Manifest): readonly NamedPlace[] =>
  extraUserInfo.map(({ id }, index) => ({ name: id, place: `extra_user_info[${index}].id` }));

export const namesOf = (places: readonly { readonly name: string }[]): readonly string[] => [
  ...new Set(places.map(({ name }) => name)),
];

/** Every name under which it stores something, in order. */
export const storedBy = (manifest: Manifest): readonly string[] =>
  namesOf([...keptBy(manifest), ...broughtBy(manifest)]);

export interface IntegrationManifest {
  readonly integration: Integration;
  readonly manifest: Manifest;
  readonly text: string;
}

/** All integrations with a readable manifest, as they are now. */
export async function readManifests({
  integrations,
}: Pick<Stores, 'integrations'>): Promise<readonly IntegrationManifest[]> {
  const listed = await integrations.list();
  const ids = listed.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  const texts = new Map(
    (await integrations.findVersions(ids)).map(({ id, manifest }) => [id, manifest]),
  );
  return listed.flatMap((integration) => {
    const text = texts.get(integration.manifestVersionId ?? '');
    const manifest = text === undefined ? undefined : manifestIn({ manifest: text });
    return text !== undefined && manifest ? [{ integration, manifest, text }] : [];
  });
}

export interface NamedFact {
  readonly name: string;
  readonly integration: Integration;
}

export const ownersIn = (
  all: readonly IntegrationManifest[],
  placesIn: (manifest: Manifest) => readonly NamedPlace[],
): NameIndex<NamedFact> =>
  nameIndex(
    all.flatMap(({ integration, manifest }) =>
      namesOf(placesIn(manifest)).map((name) => ({ name, integration })),
    ),
  );
