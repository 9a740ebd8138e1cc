/**
 * Messages that nobody viewed yet are deleted before their day is over, where no one may view them any more. One that waits to be
 * sent is deleted, too: it may hold a password, and would welcome someone to what they no longer have. `deliver.ts` gives it up.
 */
import type { AccessIds } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidateDelivery } from '../work/topics.ts';
import { type Delivery, withoutBody } from './delivery.ts';

/** Of someone who left. Otherwise the next person with their address would see them, for example by a link in an email. */
export async function dropMessages(tx: Transaction, personId: string): Promise<void> {
  await drop(tx, await tx.deliveries.keptOf(personId));
}

/** Of an access that ends: a password that several people share works on, also without the account that was granted. */
export async function dropMessagesAt(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<void> {
  for (const delivery of await tx.deliveries.keptOf(personId)) {
    const run = delivery.runId === undefined ? undefined : await tx.runs.find(delivery.runId);
    if (run?.integrationId === integrationId && run.personId === personId)
      await drop(tx, [delivery]);
  }
}

async function drop(tx: Transaction, kept: readonly Delivery[]): Promise<void> {
  for (const delivery of kept) {
    await tx.deliveries.save(withoutBody(delivery, 'dropped'));
    await invalidateDelivery(tx, delivery);
  }
}
