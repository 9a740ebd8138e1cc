import type { Transaction } from '../../ports/unit-of-work.ts';
import { noteEveryone } from '../../rules/note-people.ts';

/**
 * The manifest, the secrets or the connection of an integration have changed, or it was turned on. Its stuck removals may work
 * now, so they are retried at once, and rules give what they could not give meanwhile. Its earlier good answers say nothing of the
 * new settings. Call it in that transaction.
 */
export async function settingsChanged(tx: Transaction, integrationId: string): Promise<void> {
  await noteEveryone(tx);
  await tx.health.forget(integrationId, tx.now);
  await tx.queue.push(
    'removals.expedite',
    { integrationId },
    { lane: 'background', key: `expedite:${integrationId}` },
  );
}
