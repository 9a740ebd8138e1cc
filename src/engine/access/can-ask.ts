/** Whether Latchkey can check access at an app. */
import { provisionOf } from '../integrations/manifest-of.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** Whether the newest manifest of the integration has `exists`. */
export async function canAsk(
  stores: Pick<Stores, 'integrations'>,
  { integrationId }: { readonly integrationId: string },
): Promise<boolean> {
  const provision = await provisionOf(stores, await stores.integrations.find(integrationId));
  return provision?.exists !== undefined;
}
