import { newId } from '../../src/core/ids.ts';
import type { Integration, ManifestIntegration } from '../../src/engine/people/directory.ts';
import type { Stores } from '../../src/engine/ports/unit-of-work.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');

/** One that is on, named by its id. */
export async function insertIntegration(
  { integrations }: Pick<Stores, 'integrations'>,
  about: Partial<Integration> = {},
): Promise<Integration> {
  const { id = newId() } = about;
  const integration = { id, version: 1, name: id, enabled: true, createdAt: noon, ...about };
  await integrations.insert(integration);
  return integration;
}

/** One with the first version of its manifest. */
export async function insertWithManifest(
  stores: Pick<Stores, 'integrations'>,
  { manifest = '{}', ...about }: Partial<ManifestIntegration> & { readonly manifest?: string } = {},
): Promise<ManifestIntegration> {
  const { manifestVersionId = newId() } = about;
  const integration = await insertIntegration(stores, { ...about, manifestVersionId });
  await stores.integrations.insertVersion({
    id: manifestVersionId,
    integrationId: integration.id,
    number: 1,
    manifest,
    savedBy: { kind: 'system' },
    createdAt: integration.createdAt,
  });
  return { ...integration, manifestVersionId };
}
