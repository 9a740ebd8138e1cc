/** The one wake-up of a removal. It stands apart, so that whatever changes an access need know nothing else of removals. */

import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Lane } from '../../work/lanes.ts';
import type { Removal } from './removal.ts';

/** One wake-up per removal. */
export const wakeRemoval = (
  tx: Transaction,
  { id: removalId }: Pick<Removal, 'id'>,
  dueAt: Date,
  lane: Lane = 'background',
): Promise<void> =>
  tx.queue.push('removal.advance', { removalId }, { lane, dueAt, key: `removal:${removalId}` });

/** Something has changed about this access: its removal, where one is open, is looked at now. */
export async function wakeRemovalOf(
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
): Promise<void> {
  const open = await tx.removals.open(personId, integrationId);
  if (open) await wakeRemoval(tx, open, tx.now);
}

/** Facts about the person have changed: an account may be known by now that nobody knew. */
export async function wakeRemovalsOf(tx: Transaction, personId: string): Promise<void> {
  for (const removal of await tx.removals.openOf(personId)) await wakeRemoval(tx, removal, tx.now);
}

/** What should have given access came to nothing: a removal that was withdrawn for it may have to go on. */
export const reconsiderRemoval = (
  tx: Transaction,
  { personId, integrationId }: { readonly personId: string; readonly integrationId: string },
): Promise<void> =>
  tx.queue.push(
    'removal.reconsider',
    { personId, integrationId },
    { lane: 'background', key: `reconsider:${personId}:${integrationId}` },
  );
