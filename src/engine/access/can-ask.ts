/** Whether an app can be asked what somebody has there. */
import { provisionOf } from '../integrations/manifest-of.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** By the newest manifest of the integration: whether it has `exists`. */
export async function canAsk(
  stores: Pick<Stores, 'integrations'>,
  { integrationId }: { readonly integrationId: string },
): Promise<boolean> {
  const provision = await provisionOf(stores, await stores.integrations.find(integrationId));
  return provision?.exists !== undefined;
}
