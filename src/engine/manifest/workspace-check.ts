/** Checks a manifest in its workspace, together with the others, which store facts that it may use. */
import { storedBy } from '../integrations/manifest-names.ts';
import { manifestsOf } from '../integrations/manifest-of.ts';
import { type NameStores, nameProblems, type Owner } from '../integrations/stored-names.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { manifestChecker } from './lint.ts';
import type { ParsedManifest } from './parse.ts';
import type { Manifest } from './schema.ts';

/**
 * Everything that prevents an integration from using this manifest, including names of other integrations. The caller saves the
 * integration in the same transaction, and calls `lock` of the names before.
 */
export async function checkFor(
  stores: NameStores,
  text: string,
  owner: Owner,
): Promise<ParsedManifest> {
  const checked = await checkHere(stores, text);
  if (!checked.ok) return checked;
  const errors = await nameProblems(stores, checked.manifest, owner);
  return errors.length === 0 ? checked : { ok: false, errors, warnings: checked.warnings };
}

/** All problems of a manifest's text in this workspace. Never throws because of the text. */
export async function checkHere(
  stores: Pick<Stores, 'integrations'>,
  text: string,
): Promise<ParsedManifest> {
  const check = manifestChecker(text);
  const alone = check([]);
  // Most manifests have no problem that the others could explain, and those are many to read.
  const isClear = alone.ok && alone.warnings.length === 0;
  return isClear ? alone : check(await storedKeys(stores));
}

/** Names that integrations store with people. */
async function storedKeys({
  integrations,
}: Pick<Stores, 'integrations'>): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  const manifests = await manifestsOf({ integrations }, await integrations.list());
  for (const manifest of manifests.values()) for (const key of knownBy(manifest)) keys.add(key);
  return keys;
}

const knownBy = (manifest: Manifest): readonly string[] => [
  ...manifest.extraUserInfo.map(({ id }) => id),
  ...storedBy(manifest),
];
