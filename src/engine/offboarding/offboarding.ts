/**
 * Someone leaves: when their last day is over, everything that they may have is removed. Each integration has a removal of its
 * own, and the offboarding is done when all of them have ended.
 */

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
