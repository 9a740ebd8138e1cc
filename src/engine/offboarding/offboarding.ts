/**
 * Someone leaves: when their last day is over, everything that they may have is removed. Each integration has a removal of its
 * own, and the offboarding is done when all of them have ended.
 */
import type { Removal } from '../access/removals/removal.ts';
import type { Actor } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { offboardingSubject, touch } from '../work/subjects.ts';

export type OffboardingState = 'planned' | 'running' | 'done' | 'cancelled';

export interface Offboarding {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly startedById?: string;
  readonly state: OffboardingState;
  /** ISO date: their last day. Access ends when it is over, in their time zone. */
  readonly endDate: string;
  readonly createdAt: Date;
  readonly endedAt?: Date;
}

/** One integration of an offboarding. How far it is stands with its removal. */
export interface OffboardingItem {
  readonly offboardingId: string;
  readonly integrationId: string;
  /** Left out: nothing was ever granted there, and the app can't be asked. */
  readonly removalId?: string;
}

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
  await touch(tx, offboardingSubject(offboarding.id));
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
  await touch(tx, offboardingSubject(last.id));
}
