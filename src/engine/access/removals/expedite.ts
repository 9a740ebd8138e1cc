import type { Transaction } from '../../ports/unit-of-work.ts';
import { queueSetUpGrants } from '../set-up-first.ts';

/**
 * The manifest, the secrets or the connection of an integration have changed, or it was turned on. Its stuck removals may work
 * now, so they are retried at once, and grants that waited for it start. Its earlier good answers say nothing of the new settings.
 * A sign-in that it rejected does, unless what renews it has changed: `OAuthStore.forgetFailure`.
 * Call it in that transaction, which holds the integration alone: a grant at the same moment either sees the new settings, or waits
 * already.
 */
export async function settingsChanged(tx: Transaction, integrationId: string): Promise<void> {
  await tx.health.forget(integrationId, tx.now);
  await tx.queue.push(
    'removals.expedite',
    { integrationId },
    { lane: 'background', key: `expedite:${integrationId}` },
  );
  await queueSetUpGrants(tx, { integrationId });
}
