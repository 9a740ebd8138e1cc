/** A policy in words: "Anyone in Engineering can request it; their manager approves; at most 30 days." */
import { capitalised } from '../../core/capitalised.ts';
import { compact } from '../../core/compact.ts';
import { HOURS_A_DAY, hoursWords } from '../../core/hours.ts';
import { listed } from '../../core/listed.ts';
import { plural, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { fullName } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Route } from '../settings/route.ts';
import { type Policy, type Requesters, routeOf } from '../settings/settings.ts';
import { hoursUntil } from './access-request.ts';
import {
  casesWords,
  decidingWords,
  idsIn,
  type NameOf,
  namedApprove,
  type RouteStyle,
  stagesWords,
} from './route-words.ts';

/** With the names as they are now. */
export async function policyInWords(
  policy: Policy,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<readonly string[]> {
  return policyWords(policy, { nameOf: await namesIn(routeOf(policy), stores) });
}

/** Who approves, and for how long it may be, for someone who may request it: with the names as they are now. */
export async function approvalInWords(
  policy: Policy,
  stores: Pick<Stores, 'people' | 'integrations'>,
  isForOwn: boolean,
): Promise<string> {
  const nameOf = await namesIn(routeOf(policy), stores);
  return capitalised(`${approvalWords(policy, { nameOf, isForOwn })}.`);
}

const approvalWords = (policy: Policy, style: RouteStyle): string =>
  `${whoApproves(policy, style)}; ${howLong(policy)}`;

/** Its stages and cases, with the names as they are now. */
export async function routeInWords(
  route: Route,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<string> {
  const style = { nameOf: await namesIn(route, stores) };
  return [stagesWords(route.stages, style), ...casesWords(route, style)].join('; ');
}

/** The names of the people and integrations of a route, as they are now. */
export async function namesIn(
  route: Route,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<NameOf> {
  const ids = idsIn(route);
  const people = await stores.people.findMany([...new Set(ids.people)]);
  const integrations = await stores.integrations.findMany([...new Set(ids.integrations)]);
  return (id) => {
    const integration = integrations.find((each) => each.id === id);
    if (integration) return integration.deletedAt ? t`a deleted integration` : integration.name;
    const person = people.find((each) => each.id === id);
    if (!person)
      return ids.integrations.includes(id) ? t`a deleted integration` : t`a deleted person`;
    return person.active ? fullName(person) : t`${fullName(person)} (has left)`;
  };
}

/** The whole policy as sentences: who may request, who approves, for how long; then what happens without a decision. */
export function policyWords(policy: Policy, style: RouteStyle): readonly string[] {
  if (policy.requesters.kind === 'nobody')
    return [
      policy.managersGrant
        ? t`No one can request it; admins grant it, and managers to their direct reports.`
        : t`No one can request it; only admins grant it.`,
    ];
  const undecided = undecidedWords(policy);
  return compact([
    `${whoMayAsk(policy.requesters)}; ${approvalWords(policy, style)}.`,
    ...(policy.route ? casesWords(policy.route, style) : []),
    undecided,
    policy.managersGrant
      ? t`Managers can grant it to their direct reports without a request.`
      : t`Managers grant it only by approving a request.`,
  ]);
}

function whoMayAsk(requesters: Exclude<Requesters, { kind: 'nobody' }>): string {
  switch (requesters.kind) {
    case 'everyone':
      return t`Everyone can request it`;
    case 'departments':
      return t`Anyone in ${listed(requesters.departments, 'or')} can request it`;
    default:
      return unreachable(requesters);
  }
}

function whoApproves({ approvers, approvals, route }: Policy, style: RouteStyle): string {
  if (route)
    return route.cases.length > 0
      ? t`who approves depends on ${decidingWords(route.cases)}`
      : stagesWords(route.stages, style);
  switch (approvers.kind) {
    case 'manager':
      return style.isForOwn ? t`your manager approves` : t`their manager approves`;
    case 'admins':
      return plural(approvals, {
        one: t`an admin approves`,
        other: t`${approvals} admins approve`,
      });
    case 'people':
      return namedApprove(approvers.personIds.map(style.nameOf), approvals);
    case 'automatic':
      return t`it's approved automatically`;
    default:
      return unreachable(approvers);
  }
}

const howLong = ({ longestHours }: Policy): string =>
  longestHours === null ? t`no end date` : t`at most ${hoursWords(longestHours)}`;

/** `12 hours`, `2 days and 8 hours`, `14 days` */
function waitWords(hours: number): string {
  const rest = hours % HOURS_A_DAY;
  return hours < 2 * HOURS_A_DAY || rest === 0
    ? hoursWords(hours)
    : listed([hoursWords(hours - rest), hoursWords(rest)], 'and');
}

/** Empty where approval is automatic, or all timeouts are off. */
export function undecidedWords(policy: Policy): string {
  const { remindAfterDays, escalateAfterDays, expireAfterDays } = policy;
  const { cases, stages } = routeOf(policy);
  const all = [...stages, ...cases.flatMap((each) => each.stages)];
  if (all.length === 0) return '';
  const isAdmins = all.every((stage) => stage.approvers.every(({ kind }) => kind === 'admins'));
  // As for a request of the longest time: those for fewer hours wait less.
  const after = (days: number) =>
    waitWords(hoursUntil(days, { hours: policy.longestHours ?? undefined }));
  const parts = compact([
    remindAfterDays !== null && t`approvers are reminded after ${after(remindAfterDays)}`,
    escalateAfterDays !== null &&
      !isAdmins &&
      t`admins can approve too after ${after(escalateAfterDays)}`,
    expireAfterDays !== null && t`the request expires after ${after(expireAfterDays)}`,
  ]);
  return parts.length > 0 ? t`With no decision, ${listed(parts, 'and')}.` : '';
}
