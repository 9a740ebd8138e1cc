/**
 * The route of a request: which approvers it goes to, in which order.
 *
 * Words. A *stage* is a step: some *kinds* of approvers, and how many of them have to approve. A *case* is a condition with stages
 * of its own. The first case whose conditions all hold gives its stages, else the route's own stages count. No stage: nobody has to
 * approve.
 *
 * A simple policy (`approvers` and `approvals`) is a route of one stage: `routeOf`.
 */
import { z } from 'zod';
import { condition } from '../rules/condition.ts';
import type { Unread } from '../work/unread.ts';

/** Of a group. */
export const MAX_CONDITIONS = 10;

const group = z.object({
  matching: z.enum(['all', 'any']),
  conditions: z.array(condition).min(1).max(MAX_CONDITIONS),
});
/** The active people who match. */
export type Group = Readonly<z.infer<typeof group>>;

const stageApprovers = z.discriminatedUnion('kind', [
  /** Of the person who gets the access. */
  z.object({ kind: z.literal('manager') }),
  z.object({ kind: z.literal('managers-manager') }),
  z.object({ kind: z.literal('people'), personIds: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('group'), group }),
  /** Of the integration (`ownerIds` of its settings). */
  z.object({ kind: z.literal('owners') }),
  z.object({ kind: z.literal('admins') }),
]);
export type StageApprovers = z.infer<typeof stageApprovers>;

export const MAX_STAGES = 5;
export const MAX_CASES = 10;
export const MAX_APPROVALS = 5;
/** Of one case. */
export const MAX_WHEN = 5;

const stage = z.object({
  /** One kind each; people who are of several have one seat. */
  approvers: z.array(stageApprovers).min(1).max(6),
  /** How many of them have to approve. */
  approvals: z.number().int().min(1).max(MAX_APPROVALS),
  /** Someone who counts in an earlier stage doesn't count in this one. */
  differentPerson: z.boolean(),
});
export type Stage = Readonly<z.infer<typeof stage>>;

const stages = z.array(stage).max(MAX_STAGES);

const caseCondition = z.discriminatedUnion('kind', [
  /** By the directory: of the person whom the request is for, or who made it. */
  z.object({ kind: z.literal('person'), whose: z.enum(['person', 'requester']), group }),
  /** The form's answer is one of these values; of several answers any of them. */
  z.object({
    kind: z.literal('answer'),
    fieldId: z.string(),
    values: z.array(z.string()).min(1).max(50),
    /** What the form calls the field and the values, for sentences. */
    label: z.string(),
    labels: z.array(z.string()),
  }),
  /** That integration, asked at the request, says that the person has access there. */
  z.object({ kind: z.literal('check'), integrationId: z.string() }),
]);
export type CaseCondition = z.infer<typeof caseCondition>;

const routeCase = z.object({
  /** All of them hold. */
  when: z.array(caseCondition).min(1).max(MAX_WHEN),
  stages,
});

export const route = z.object({ cases: z.array(routeCase).max(MAX_CASES), stages });
export type Route = Readonly<z.infer<typeof route>>;

/** What is stored with a request: who approves it, as the policy said when it was made. */
export const requestRoute = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('stages'),
    stages,
    /** Since when too few people are left who could approve it; left out while there are enough. */
    stuckSince: z.iso.datetime().optional(),
    /** The number of its present stage; left out in the first one. */
    stage: z.number().int().optional(),
    /** Since when it waits for that; left out: since it was made. */
    stageSince: z.iso.datetime().optional(),
  }),
  /** Integrations are asked first which case holds (`choose-route.ts`). */
  z.object({ kind: z.literal('checking'), route }),
  /** It ended since too few people were left who could approve it. */
  z.object({ kind: z.literal('stuck'), stages }),
]);
export type RequestRoute = z.infer<typeof requestRoute>;

const ADMINS_APPROVE: RequestRoute = {
  kind: 'stages',
  stages: [{ approvers: [{ kind: 'admins' }], approvals: 1, differentPerson: false }],
};

/** By which a request is approved: by admins, where its route can't be read. Left out: by the policy. */
export const routeFor = ({
  route: kept,
}: {
  readonly route?: RequestRoute | Unread;
}): RequestRoute | undefined => (kept === 'unread' ? ADMINS_APPROVE : kept);

/**
 * Whether the second lets something be approved automatically that the first doesn't. The first case that holds counts, so a case
 * that asked someone and stood before an automatic one has to stand there still.
 */
export function isMoreAutomatic(before: Route, after: Route): boolean {
  const [earlier, later] = [linesOf(before), linesOf(after)];
  return later.some(({ key, stages: own }, at) => {
    if (own.length > 0) return false;
    const was = earlier.findIndex((each) => each.key === key);
    if (earlier[was]?.stages.length !== 0) return true;
    const stillBefore = new Set(later.slice(0, at).map((each) => each.key));
    return earlier
      .slice(0, was)
      .some((each) => each.stages.length > 0 && !stillBefore.has(each.key));
  });
}

/** Its cases and then its own stages, in the order in which they count. */
const linesOf = ({ cases, stages: own }: Route) => [
  ...cases.map((each) => ({ key: JSON.stringify(each.when), stages: each.stages })),
  { key: '', stages: own },
];
