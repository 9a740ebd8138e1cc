/** What is read of manifests by their versions, which never change: each tick would read all of them again. */
import type { ManifestVersion } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** Far more than a workspace has at one time. */
const MAX_KNOWN = 5000;

/** @param read what counts of a version; most have nothing */
export function versionsReader<T>(
  read: (version: ManifestVersion) => T | undefined,
): (
  stores: Pick<Stores, 'integrations'>,
  versionIds: readonly string[],
) => Promise<ReadonlyMap<string, T | undefined>> {
  const known = new Map<string, T | undefined>();
  return async ({ integrations }, versionIds) => {
    const unknown = versionIds.filter((id) => !known.has(id));
    if (known.size + unknown.length > MAX_KNOWN) known.clear();
    const fresh = versionIds.filter((id) => !known.has(id));
    for (const version of fresh.length === 0 ? [] : await integrations.findVersions(fresh))
      known.set(version.id, read(version));
    return known;
  };
}
