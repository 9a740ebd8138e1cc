import type { Transaction } from '../../ports/unit-of-work.ts';

/**
 * The manifest, the secrets or the connection of an integration have changed, or it was turned on: what its removals are stuck
 * at may be cured, and what it answered before says nothing of what is saved now. In the transaction of the change itself.
 */
export async function settingsChanged(tx: Transaction, integrationId: string): Promise<void> {
  await tx.health.forget(integrationId);
  await tx.queue.push(
    'removals.expedite',
    { integrationId },
    { lane: 'background', key: `expedite:${integrationId}` },
  );
}
