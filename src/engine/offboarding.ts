/**
 * Somebody leaves: on their last day everything that isn't known to be gone is taken away, what Latchkey can't take
 * becomes a task, and what is unknown is tried until it is known.
 */
import type { Actor } from './directory.ts';
import type { Clock, NewId } from './ports/time-and-chance.ts';
import type { Transaction } from './ports/unit-of-work.ts';
import { offboardingSubject, touch } from './subjects.ts';

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

/** One integration of an offboarding, and how far it is. */
export interface OffboardingItem {
  readonly offboardingId: string;
  readonly integrationId: string;
  readonly state: /** A revoke runs, or is tried again at `nextTryAt`. */
    | 'revoking'
    /** Known to be gone. */
    | 'gone'
    /** Revoked as far as Latchkey did it; the integration can't be asked. */
    | 'revoked'
    /** Somebody has to do it by hand: the task says what. */
    | 'by-hand';
  readonly runId?: string;
  readonly taskId?: string;
  readonly tries: number;
  readonly nextTryAt?: Date;
  /** A sentence for people, redacted: why it is not gone yet. */
  readonly why?: string;
}

/** Nothing more is taken away: they stay, or are back. */
export async function markCancelled(
  tx: Transaction,
  offboarding: Offboarding,
  actor: Actor,
  { now, newId }: { readonly now: Clock; readonly newId: NewId },
): Promise<Offboarding> {
  const cancelled = await tx.offboardings.save({
    ...offboarding,
    state: 'cancelled',
    endedAt: now(),
  });
  await tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what: 'offboarding.cancelled',
    personId: offboarding.personId,
    detail: { offboardingId: offboarding.id },
  });
  await touch(tx, offboardingSubject(offboarding.id));
  return cancelled;
}
