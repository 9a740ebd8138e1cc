/** The way from an integration to its manifest, and to what it says of access. */
import { parseManifest } from '../manifest/parse.ts';
import type { Manifest, ProvisionManifest } from '../manifest/schema.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** Of an integration, or of a run, which keeps the version that it began with. */
interface Versioned {
  readonly manifestVersionId?: string;
}

/** What a version says; undefined where it can no longer be read, or there is none. */
export function manifestIn(
  version: { readonly manifest: string } | undefined,
): Manifest | undefined {
  const parsed = version && parseManifest(version.manifest);
  return parsed?.ok ? parsed.manifest : undefined;
}

/** Its manifest; undefined for a manual one, and for one that can't be read. */
export const manifestOf = async (
  { integrations }: Pick<Stores, 'integrations'>,
  integration: Versioned | undefined,
): Promise<Manifest | undefined> =>
  manifestIn(await integrations.findVersion(integration?.manifestVersionId));

/** The manifest of one that gives access; undefined for all others, and for what `manifestOf` doesn't find. */
export async function provisionOf(
  stores: Pick<Stores, 'integrations'>,
  integration: Versioned | undefined,
): Promise<ProvisionManifest | undefined> {
  const manifest = await manifestOf(stores, integration);
  return manifest?.kind === 'provision' ? manifest : undefined;
}
