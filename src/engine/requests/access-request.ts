/**
 * A person requests access, and approvers approve or deny it.
 *
 * Words: a request is *for* a person and *by* a person (mostly the same). The *policy* of the integration says who may request,
 * who approves in which *stages* (`settings/route.ts`), and how many have to. The request keeps its stages when the policy changes;
 * the longest time and the timeouts are those of now. A *verdict* is one approver's answer. A *seat*
 * (`seats/seat.ts`) is one approver's place; a *delegate* may fill it. A request *escalates* when admins may approve it, too.
 *
 * | state     | what it means                                               | what ends it                              |
 * |-----------|-------------------------------------------------------------|-------------------------------------------|
 * | open      | approvers have been notified                                | verdicts, Withdraw, its time, or a change |
 * | approved  | a run or task grants it, or a hold ends later, if allowed   | final                                     |
 * | denied    | one approver denied it                                      | final                                     |
 * | withdrawn | who made it, or the person it is for, took it back          | final                                     |
 * | expired   | nobody decided in the time that the policy allows           | final                                     |
 * | cancelled | a person left, or the integration was turned off or deleted | final                                     |
 *
 * Where too few people are left who could approve it for a day, it is cancelled, too (`route.kind` is `stuck`); so is one that can't
 * be granted in the moment in which it is made. What nobody could approve isn't made at all.
 *
 * Events: `approval-requested` (new approvers, and reminders), `request-ended` (every end), `approver-unreached` (chat can't
 * reach an approver).
 *
 * Begin reading at `create-request.ts`, then `decide-request.ts` and `fulfil-request.ts`. `undecided.ts` has the timeouts;
 * `reevaluate-requests.ts` re-evaluates requests after a change.
 */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';
import { addHours, HOUR_MS, HOURS_A_DAY } from '../../core/hours.ts';
import { fingerprint } from '../../core/sha256.ts';
import type { Actor, AuditEntry, Integration } from '../people/directory.ts';
import { formValues, shownAnswers } from '../runs/run.ts';
import { type RequestRoute, routeFor } from '../settings/route.ts';
import { type Policy, policyOf, routeOf } from '../settings/settings.ts';
import type { Unread } from '../work/unread.ts';

export const requestMoves = {
  open: ['approved', 'denied', 'withdrawn', 'expired', 'cancelled'],
  approved: [],
  denied: [],
  /** By the requester, or the person whom it is for. */
  withdrawn: [],
  /** Nobody decided in time. */
  expired: [],
  /** The person left, or the integration was deleted. */
  cancelled: [],
} as const;

export type RequestState = keyof typeof requestMoves;

export interface RequestFacts {
  readonly id: string;
  readonly version: number;
  /** `extend`: they have access with an end date, and request a later one. Nothing runs again. */
  readonly kind: 'grant' | 'extend';
  readonly integrationId: string;
  /** The person whom it is for. */
  readonly personId: string;
  readonly requestedById: string;
  /** Days from the grant on; of `extend`, from the end date so far. Undefined: no end date. */
  readonly hours?: number;
  /** What was requested, where an approver has shortened it to `hours`. */
  readonly requestedHours?: number | 'no-end';
  readonly createdAt: Date;
  /** It is for an item of that bundle request. */
  readonly bundleRequestId?: string;
  /** Who approves it, by the policy when it was made. Left out by 0.2.0: then by the policy of now. */
  readonly route?: RequestRoute | Unread;
  readonly remindedAt?: Date;
  /** Since then admins may approve it, too. */
  readonly escalatedAt?: Date;
}

export type AccessRequest = RequestFacts &
  (
    | { readonly state: 'open' }
    | {
        readonly state: 'approved';
        readonly decidedAt: Date;
        /** What it started: a run, or a task of a manual integration. */
        readonly runId?: string;
        readonly taskId?: string;
        /** An extension after which the access ends no later than before. */
        readonly changedNothing?: true;
      }
    | { readonly state: 'denied'; readonly decidedAt: Date }
    | { readonly state: 'withdrawn' | 'expired' | 'cancelled'; readonly decidedAt: Date }
  );
export type AccessRequestIn<S extends RequestState> = Extract<AccessRequest, { state: S }>;

/** What the requester typed; encrypted at rest. */
export const requestContent = z.object({
  reason: z.string(),
  form: formValues,
  /** The same as approvers read it. */
  answers: shownAnswers,
  /** Answers to `extra_user_info` by id; kept with the person when the request is approved. */
  facts: z.record(z.string(), z.string()),
});
export type RequestContent = DeepReadonly<z.output<typeof requestContent>>;

export interface Verdict {
  readonly requestId: string;
  /** Who pressed Approve or Deny. */
  readonly personId: string;
  readonly verdict: 'approve' | 'deny';
  /** Encrypted at rest. */
  readonly reason?: string;
  readonly at: Date;
  readonly via: 'slack' | 'teams' | 'web';
  /** The approver whose delegate pressed it. */
  readonly forPersonId?: string;
  /** For how many hours at most they approved it, where that was shorter than requested. */
  readonly hours?: number;
}

/** From when its present stage waits. */
export const waitsSince = (request: Pick<RequestFacts, 'createdAt' | 'route'>): Date => {
  const route = routeFor(request);
  return route?.kind === 'stages' && route.stageSince !== undefined
    ? new Date(route.stageSince)
    : request.createdAt;
};

/** The request for fewer hours: of several approvers' times the shortest counts. */
export function shortened(
  request: AccessRequestIn<'open'>,
  hours: number | undefined,
): AccessRequestIn<'open'> {
  if (hours === undefined || hours >= (request.hours ?? Infinity)) return request;
  const { requestedHours = request.hours ?? 'no-end' } = request;
  return { ...request, hours, requestedHours };
}

/** How many hours an approval grants now: the policy may allow fewer than it did when it was requested. */
export const hoursGiven = (
  { hours }: Pick<RequestFacts, 'hours'>,
  { longestHours }: Policy,
): number | undefined =>
  longestHours === null ? hours : Math.min(hours ?? longestHours, longestHours);

/**
 * After how many hours without a decision a timeout of the policy comes. A request for less than a day can't wait for days:
 * each of them is as long as the access that it asks for. An approver who shortens it hurries nobody.
 */
export function hoursUntil(
  days: number,
  { hours, requestedHours = hours }: Pick<RequestFacts, 'hours' | 'requestedHours'>,
): number {
  const asked = requestedHours === 'no-end' ? undefined : requestedHours;
  return days * Math.min(asked ?? HOURS_A_DAY, HOURS_A_DAY);
}

/** An import may deactivate an admin for an hour. Nobody waits longer for someone who may never come. */
const STUCK_DAYS = 1;

/** When it ends, if too few people are then still left who could approve it. Undefined while there are enough. */
export function stuckUntil(
  request: Pick<RequestFacts, 'route' | 'hours' | 'requestedHours'>,
): Date | undefined {
  const route = routeFor(request);
  return route?.kind === 'stages' && route.stuckSince !== undefined
    ? addHours(new Date(route.stuckSince), hoursUntil(STUCK_DAYS, request))
    : undefined;
}

/**
 * When it is to be seen whether too few people are still left. A route that can't be read doesn't say since when there are, so that is
 * looked at again and again, after as long each time.
 */
export function stuckCheckAt(
  request: Pick<RequestFacts, 'route' | 'createdAt' | 'hours' | 'requestedHours'>,
  now: Date,
): Date | undefined {
  if (request.route !== 'unread') return stuckUntil(request);
  const hours = hoursUntil(STUCK_DAYS, request);
  const times = Math.floor((now.getTime() - request.createdAt.getTime()) / (hours * HOUR_MS));
  return times > 0 ? addHours(request.createdAt, times * hours) : undefined;
}

/**
 * A key of the rules that a card was drawn by: who approves, and the longest time. A click on a card that was drawn by others is
 * refused.
 * @returns the same text for the same rules, 22 characters: a menu's option in Slack carries 150
 */
export const rulesKey = (
  request: Pick<RequestFacts, 'route'>,
  integration: Pick<Integration, 'settings'>,
): string => {
  const route = routeFor(request);
  const policy = policyOf(integration);
  if (!route) return policyKey(policy);
  return fingerprint(
    JSON.stringify([route.kind === 'checking' ? [] : route.stages, policy.longestHours]),
  );
};

/** Whether a card with this key was drawn by these rules. 0.2.0 draws by the policy of now, and its cards may have the rules themselves. */
export const isKeyOf = (
  request: Pick<RequestFacts, 'route'>,
  integration: Pick<Integration, 'settings'>,
  key: string,
): boolean => {
  if (key === rulesKey(request, integration)) return true;
  const policy = policyOf(integration);
  const { stages } = routeOf(policy);
  const kept = routeFor(request);
  const isPolicyOfNow =
    kept === undefined ||
    (kept.kind === 'stages' && JSON.stringify(kept.stages) === JSON.stringify(stages));
  return isPolicyOfNow && (key === rulesOf(policy) || key === policyKey(policy));
};

/** The key of a request that follows the policy of now. */
export const policyKey = (policy: Policy): string => fingerprint(rulesOf(policy));

/** Whole days as their number, as 0.2.0 wrote them. */
const rulesOf = ({ requesters, approvers, approvals, longestHours, route }: Policy): string => {
  const days = longestHours === null ? null : longestHours / HOURS_A_DAY;
  return JSON.stringify([requesters, approvers, approvals, days, ...(route ? [route] : [])]);
};

/** For the audit log, where it isn't as long as requested. */
export const hoursDetail = ({ hours }: Pick<Verdict, 'hours'>): AuditEntry['detail'] =>
  hours === undefined ? undefined : { hours };

/** For the audit log, where a delegate decided. */
export const seatDetail = ({ forPersonId }: Pick<Verdict, 'forPersonId'>): AuditEntry['detail'] =>
  forPersonId === undefined ? undefined : { forPersonId };

/** The rest of an audit note about a request. */
export const aboutRequest = (
  { id, personId, integrationId }: AccessRequest,
  actor: Actor,
  detail?: AuditEntry['detail'],
): Omit<AuditEntry, 'id' | 'at' | 'what'> => ({
  actor,
  personId,
  integrationId,
  detail: { requestId: id, ...detail },
});
