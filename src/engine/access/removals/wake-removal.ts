/** Wakes removals. It is a file of its own, so that the code that changes an access imports nothing else of removals. */
import type { AccessIds } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Lane } from '../../work/lanes.ts';
import type { Removal } from './removal.ts';

/** At most one wake-up is queued per removal. */
export const wakeRemoval = (
  tx: Transaction,
  { id: removalId }: Pick<Removal, 'id'>,
  { dueAt = tx.now, lane = 'background' }: { readonly dueAt?: Date; readonly lane?: Lane } = {},
): Promise<void> =>
  tx.queue.push('removal.advance', { removalId }, { lane, dueAt, key: `removal:${removalId}` });

/** This access has changed: its open removal, if any, is advanced now. */
export async function wakeRemovalOf(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<void> {
  const open = await tx.removals.open(personId, integrationId);
  if (open) await wakeRemoval(tx, open);
}

/** Facts about the person have changed: they may name an account that couldn't be named before. */
export async function wakeRemovalsOf(tx: Transaction, personId: string): Promise<void> {
  for (const removal of await tx.removals.openOf(personId)) await wakeRemoval(tx, removal);
}

/** A grant ended without a write: a removal that was withdrawn for it may have to go on, or one that its hold kept away to begin. */
export const reconsiderRemoval = (
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<void> =>
  tx.queue.push(
    'removal.reconsider',
    { personId, integrationId },
    { lane: 'background', key: `reconsider:${personId}:${integrationId}` },
  );
