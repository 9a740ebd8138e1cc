/** Sends a text with an unknown outcome again, when a person says so. That person must be allowed to repeat its run or item. */
import type { Actor, Person } from '../people/directory.ts';
import { mayGrant, mayManage } from '../people/permission.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { mayDecide } from '../sequences/decide-item.ts';
import { homesOfAdmins, invalidate, invalidateDelivery } from '../work/topics.ts';
import { wakeDelivery } from './deliveries.ts';
import { canSendAgain, type Delivery, type DeliveryIn, sendOnceMore } from './delivery.ts';

/** For a run: those who may grant or revoke again. For a sequence: those who may decide about its item. */
export async function maySendAgain(
  actor: Person,
  { runId, plannedItemId }: Delivery,
  stores: Stores,
): Promise<boolean> {
  const run = runId === undefined ? undefined : await stores.runs.find(runId);
  if (run) {
    const person = await stores.people.find(run.personId);
    const integration = await stores.integrations.find(run.integrationId);
    if (!person || !integration) return false;
    return run.kind === 'revoke' ? mayManage(actor, person) : mayGrant(actor, person, integration);
  }
  const planned =
    plannedItemId === undefined ? undefined : await stores.plannedItems.find(plannedItemId);
  const item = planned && (await stores.sequences.findItem(planned.itemId));
  const person = planned && (await stores.people.find(planned.personId));
  return item !== undefined && person !== undefined && mayDecide(actor, { item, person }, stores);
}

export type SentAgain =
  | { readonly kind: 'queued'; readonly delivery: DeliveryIn<'waiting'> }
  /** Someone else was faster, or its text was deleted. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' };

/** @throws {StaleWrite} when someone else does the same at the same time */
export async function sendAgain(
  tx: Transaction,
  deliveryId: string,
  by: { readonly person: Person; readonly actor: Actor },
): Promise<SentAgain> {
  const delivery = await tx.deliveries.find(deliveryId);
  if (!delivery) return { kind: 'over' };
  if (!(await maySendAgain(by.person, delivery, tx))) return { kind: 'not-yours' };
  if (!canSendAgain(delivery)) return { kind: 'over' };
  const waiting = sendOnceMore(delivery, tx.now);
  const saved = await tx.deliveries.save(waiting);
  await wakeDelivery(tx, saved, tx.now);
  await tx.audit('delivery.sent-again', {
    actor: by.actor,
    runId: delivery.runId,
    detail: { deliveryId, to: delivery.outgoing?.shownTo ?? '' },
  });
  await invalidateDelivery(tx, saved);
  await invalidate(tx, ...(await homesOfAdmins(tx))); // Their Home lists unsent messages.
  return { kind: 'queued', delivery: waiting };
}
