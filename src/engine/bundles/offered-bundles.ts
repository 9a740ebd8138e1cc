/** Which bundles someone is offered: those of which something can be requested for them. */
import type { Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { whyNotRequest } from '../requests/create-request.ts';
import type { Bundle, BundleItem } from './bundle.ts';

export interface OfferedBundle {
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
}

/** Those of them of which this person may request something, in their order. */
export async function offeredOf(
  bundles: readonly Bundle[],
  person: Person,
  stores: Pick<Stores, 'bundles' | 'integrations'>,
): Promise<readonly OfferedBundle[]> {
  if (bundles.length === 0) return [];
  const versions = await stores.bundles.findVersions(bundles.map(({ versionId }) => versionId));
  const ids = versions.flatMap(({ items }) => items.map(({ integrationId }) => integrationId));
  const integrations = await stores.integrations.findMany(ids);
  return bundles.flatMap((bundle) => {
    const items = versions.find(({ id }) => id === bundle.versionId)?.items ?? [];
    const mayRequest = items.some(({ integrationId }) => {
      const integration = integrations.find(({ id }) => id === integrationId);
      return integration && whyNotRequest(person, integration) === undefined;
    });
    return mayRequest ? [{ bundle, items }] : [];
  });
}
