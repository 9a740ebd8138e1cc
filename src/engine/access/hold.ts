/**
 * Access: what Latchkey knows of each person at each app, why they have it, and how they get it.
 *
 * Words: a *hold* is one reason why a person has access: its source, who granted it, and its end date. A person may have
 * several holds at one app, and each ends alone. When the last one ends, a *removal* begins (`removals/removal.ts`). An
 * *account* (`account.ts`) has the facts that name the person at the app. A *check* asks the app whether they have access.
 *
 * | hold  | what it means                               | what ends it                                                   |
 * |-------|---------------------------------------------|----------------------------------------------------------------|
 * | open  | the person should have the access           | its end date, a removal, or a grant that ended without a write |
 * | ended | it is no reason any more; `why` says why    | final                                                          |
 *
 * What Latchkey knows (`Access.state`) is `has`, `none` or `unknown`. Checks, runs, tasks and removals change it.
 *
 * Event: `hold-expiring`, some time before the end of the last hold (`warning-time.ts`).
 *
 * Begin reading at `grant.ts` (Grant), `due-access.ts` (end dates) and `check-access.ts` (checks).
 */
import type { Actor } from '../people/directory.ts';

/** Where a hold comes from. */
export type HoldSource =
  /** An admin or a manager granted it. */
  | 'by-hand'
  /** An approved request. */
  | 'request'
  /** An item of a sequence. */
  | 'sequence'
  /** Kept for someone who came back, or longer than a rule gave it. */
  | 'kept'
  /** It was there already: a discovery found it (`discovery.ts`). */
  | 'found'
  /** A rule that they match. */
  | 'rule';

/** Why a hold has ended. */
export const holdEnds = {
  /** Its end date came. */
  expired: true,
  /** The access was revoked by a click, in a review or by a sequence; or the person has left. */
  revoked: true,
  /** The grant ended before a write was sent. */
  'not-granted': true,
} as const;
export type HoldEnd = keyof typeof holdEnds;

export interface Hold {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly integrationId: string;
  readonly source: HoldSource;
  readonly givenBy: Actor;
  readonly startedAt: Date;
  /** Left out: no end date. */
  readonly endsAt?: Date;
  /** When the reminder was due, also where nobody was reminded. */
  readonly warnedAt?: Date;
  /** Its request, and the run or the task that grants it; each left out where there is none. */
  readonly requestId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  /** The bundle that it came with. */
  readonly bundleId?: string;
  /** The rule, and its item, where the source is a rule. */
  readonly ruleId?: string;
  readonly ruleItemId?: string;
  readonly ended?: { readonly at: Date; readonly why: HoldEnd };
}

export type RuleHold = Hold & { readonly ruleId: string; readonly ruleItemId: string };

/** As much of it as an evaluation of everyone compares: there may be a million. */
export type LastingHold = Pick<
  RuleHold,
  'id' | 'personId' | 'integrationId' | 'ruleId' | 'ruleItemId'
>;

export const isOfRule = (hold: Hold): hold is RuleHold =>
  hold.ruleId !== undefined && hold.ruleItemId !== undefined;

export const isOpen = ({ ended }: Hold): boolean => ended === undefined;

/** The same hold, as long as before, from another time on. */
export function startingAt(hold: Hold, startedAt: Date): Hold {
  const { startedAt: before, endsAt } = hold;
  const laterMs = startedAt.getTime() - before.getTime();
  return {
    ...hold,
    startedAt,
    ...(endsAt && { endsAt: new Date(endsAt.getTime() + laterMs) }),
  };
}

/** The end date of access with these holds: the last one. Undefined where no hold is open, or one has no end date. */
export function endOfHolds(holds: readonly Hold[]): Date | undefined {
  const ends = holds.filter(isOpen).map(({ endsAt }) => endsAt?.getTime());
  if (ends.length === 0 || ends.includes(undefined)) return undefined;
  return new Date(Math.max(...ends.filter((each) => each !== undefined)));
}
