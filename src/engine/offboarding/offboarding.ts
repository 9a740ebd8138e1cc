/**
 * Offboarding: a leaver's last day is planned. When it is over, Latchkey removes all access that they may have.
 *
 * Words: a *leaver* has a last day (`endDate`), which ends at midnight in their time zone. An *item* is one integration of the
 * offboarding; its removal (`../access/removals/removal.ts`) says how far it is.
 *
 * | state     | what it means                              | what ends it                                             |
 * |-----------|--------------------------------------------|----------------------------------------------------------|
 * | planned   | the last day is not over                   | the end of that day, Cancel, or they are reactivated     |
 * | running   | the leaver is deactivated; removals run    | the end of its last removal, or they are reactivated     |
 * | done      | all removals have ended                    | final, unless a check finds access again: then `running` |
 * | cancelled | it was cancelled, or they were reactivated | final                                                    |
 *
 * Events: `offboarding-started` (it runs), `offboarding-ended` (it is done; not when it is cancelled).
 *
 * Begin reading at `planOffboarding` and `begin` in `offboard.ts`. `../access/removals/remove-all.ts` finds what to remove.
 */

export const offboardingStates = {
  planned: true,
  running: true,
  done: true,
  cancelled: true,
} as const;
export type OffboardingState = keyof typeof offboardingStates;

export interface Offboarding {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly startedById?: string;
  readonly state: OffboardingState;
  /** ISO date: the last day, in their time zone. Access ends after it. */
  readonly endDate: string;
  readonly createdAt: Date;
  readonly endedAt?: Date;
}

/** One integration of an offboarding. Its removal says how far it is. */
export interface OffboardingItem {
  readonly offboardingId: string;
  readonly integrationId: string;
  /** Left out: nothing was ever granted there, and Latchkey can't check. */
  readonly removalId?: string;
}
