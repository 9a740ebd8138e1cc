/** Reads the manifest of an integration. */
import { parseManifest } from '../manifest/parse.ts';
import type { Manifest, ProvisionManifest } from '../manifest/schema.ts';
import type { Integration } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** An integration, or a run, which keeps the version that it began with. */
interface Versioned {
  readonly manifestVersionId?: string;
}

/** Undefined if there is no version, or it can no longer be read. */
export function manifestIn(
  version: { readonly manifest: string } | undefined,
): Manifest | undefined {
  const parsed = version && parseManifest(version.manifest);
  return parsed?.ok ? parsed.manifest : undefined;
}

/** Undefined for a manual integration, and if the manifest can't be read. */
export const manifestOf = async (
  { integrations }: Pick<Stores, 'integrations'>,
  integration: Versioned | undefined,
): Promise<Manifest | undefined> =>
  manifestIn(await integrations.findVersion(integration?.manifestVersionId));

/** Of all that have one that can be read, with one statement; by the integration's id. */
export async function manifestsOf(
  { integrations }: Pick<Stores, 'integrations'>,
  of: readonly Pick<Integration, 'id' | 'manifestVersionId'>[],
): Promise<ReadonlyMap<string, Manifest>> {
  const found = await integrations.findVersions(
    of.flatMap(({ manifestVersionId }) => manifestVersionId ?? []),
  );
  const versions = new Map(found.map((version) => [version.id, version]));
  return new Map(
    of.flatMap(({ id, manifestVersionId = '' }): readonly (readonly [string, Manifest])[] => {
      const manifest = manifestIn(versions.get(manifestVersionId));
      return manifest ? [[id, manifest]] : [];
    }),
  );
}

/** The manifest of an integration that grants access; undefined for all others. */
export async function provisionOf(
  stores: Pick<Stores, 'integrations'>,
  integration: Versioned | undefined,
): Promise<ProvisionManifest | undefined> {
  const manifest = await manifestOf(stores, integration);
  return manifest?.kind === 'provision' ? manifest : undefined;
}

/** Whether Latchkey can check access with this manifest. */
export const isAskable = (manifest: Manifest | undefined): boolean =>
  manifest?.kind === 'provision' && manifest.exists !== undefined;

/** Whether it can there, with the newest manifest of the integration. */
export const canAsk = async (
  stores: Pick<Stores, 'integrations'>,
  { integrationId }: { readonly integrationId: string },
): Promise<boolean> =>
  isAskable(await manifestOf(stores, await stores.integrations.find(integrationId)));
