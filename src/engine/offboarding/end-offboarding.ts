/** Cancels an offboarding, or reopens one. */
import type { Removal } from '../access/removals/removal.ts';
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, invalidatePlannedEnd, offboardingTopic } from '../work/topics.ts';
import type { Offboarding } from './offboarding.ts';

/** The person stays, or was reactivated: nothing more is removed. */
export async function markCancelled(
  tx: Transaction,
  offboarding: Offboarding,
  actor: Actor,
): Promise<Offboarding> {
  const cancelled = await tx.offboardings.save({
    ...offboarding,
    state: 'cancelled',
    endedAt: tx.now,
  });
  await tx.audit('offboarding.cancelled', {
    actor,
    personId: offboarding.personId,
    detail: { offboardingId: offboarding.id },
  });
  await invalidatePlannedEnd(tx, offboarding);
  return cancelled;
}

/**
 * A check found access of a leaver again: their offboarding goes on until the new removal has ended, and its report names that
 * removal. Without an offboarding nothing is reopened.
 */
export async function reopenFor(
  tx: Transaction,
  { personId, integrationId, id: removalId }: Pick<Removal, 'personId' | 'integrationId' | 'id'>,
): Promise<void> {
  const last = await tx.offboardings.last(personId);
  if (!last || last.state === 'planned' || last.state === 'cancelled') return;
  await tx.offboardings.putItem({ offboardingId: last.id, integrationId, removalId });
  const { endedAt: _, ...rest } = last;
  if (last.state === 'done') await tx.offboardings.save({ ...rest, state: 'running' });
  await invalidate(tx, offboardingTopic(last.id));
}
