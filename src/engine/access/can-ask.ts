/** Whether an app can be asked what somebody has there. */
import { parseManifest } from '../manifest/parse.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** By the newest manifest of the integration: whether it has `exists`. */
export async function canAsk(
  { integrations }: Pick<Stores, 'integrations'>,
  { integrationId }: { readonly integrationId: string },
): Promise<boolean> {
  const integration = await integrations.find(integrationId);
  if (integration?.manifestVersionId === undefined) return false;
  const version = await integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  return (
    parsed?.ok === true &&
    parsed.manifest.kind === 'provision' &&
    parsed.manifest.exists !== undefined
  );
}
