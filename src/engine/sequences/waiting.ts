/** Items that wait for a task of their sequence continue when the task has ended. */
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { isOpen, type PlannedItem } from './planned-item.ts';

/** The task is done or cancelled: items that waited for it fire with the next tick. */
export async function releaseWaiting(tx: Transaction, taskId: string): Promise<void> {
  const task = await tx.plannedItems.startedBy({ taskId });
  if (task) await releaseAfter(tx, task);
}

/** Items that wait for that item are `planned` again, at the same time. */
export async function releaseAfter(tx: Transaction, over: PlannedItem): Promise<void> {
  await tx.assignments.hold(over.assignmentId); // What begins to wait comes before, or sees that it need not: `isStillHeldUp`.
  for (const { id, itemId } of await tx.plannedItems.openOf({ assignmentId: over.assignmentId })) {
    const item = await tx.sequences.findItem(itemId);
    if (item?.waitsForItemId === over.itemId) await release(tx, id);
  }
}

/** The item waits for another task now, or for none: the next tick checks it again, for everyone who has it. */
export async function releaseItem(tx: Transaction, itemId: string): Promise<void> {
  for (const { id, state } of await tx.plannedItems.openOf({ itemIds: [itemId] }))
    if (state === 'waiting') await release(tx, id);
}

async function release(tx: Transaction, plannedId: string): Promise<void> {
  const waiting = await tx.plannedItems.find(plannedId);
  if (waiting?.state === 'waiting') await tx.plannedItems.save({ ...waiting, state: 'planned' });
}

/** Whether the task that the item waits for has yet to be done. */
export async function isHeldUp(stores: Stores, planned: PlannedItem): Promise<boolean> {
  const item = await stores.sequences.findItem(planned.itemId);
  if (item?.waitsForItemId === undefined) return false;
  const siblings = await stores.plannedItems.ofAssignment(planned.assignmentId);
  const awaited = siblings.find(({ itemId }) => itemId === item.waitsForItemId);
  if (!awaited) return false; // It was added or removed after the assignment.
  if (isOpen(awaited) || awaited.state === 'failed') return true;
  if (awaited.taskId === undefined) return false;
  return (await stores.tasks.find(awaited.taskId))?.state === 'open';
}

/**
 * The same, once whatever could release it is over or has yet to begin: a change of its sequence, and the end of another item of its
 * person. An item that began to wait for what has just ended would wait forever.
 */
export async function isStillHeldUp(tx: Transaction, planned: PlannedItem): Promise<boolean> {
  const item = await tx.sequences.findItem(planned.itemId);
  if (item) await tx.sequences.hold(item.sequenceId);
  await tx.assignments.hold(planned.assignmentId);
  return isHeldUp(tx, planned);
}
