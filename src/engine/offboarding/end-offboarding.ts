/** Ends an offboarding before its time, or lets it go on. */
import type { Removal } from '../access/removals/removal.ts';
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { invalidate, offboardingTopic } from '../work/topics.ts';
import type { Offboarding } from './offboarding.ts';

/** Nothing more is taken away: they stay, or are back. */
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
  await invalidate(tx, offboardingTopic(offboarding.id));
  return cancelled;
}

/**
 * Access of someone who has left was found again: their offboarding goes on until the new removal has ended, and its report
 * names that. Without an offboarding there is nothing to reopen.
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
