/** A policy in words: "Anyone in Engineering may request it; their manager approves; at most 30 days." */
import { hoursWords } from '../../core/hours.ts';
import { plural, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { fullName } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Approvers, Policy, Requesters } from '../settings/settings.ts';
import { hoursUntil } from './access-request.ts';

/** People whom a policy names. */
export type NameOf = (personId: string) => string;

/** With the names of its approvers as they are now. */
export async function policyInWords(
  policy: Policy,
  { people }: Pick<Stores, 'people'>,
): Promise<readonly string[]> {
  const { approvers } = policy;
  const named = await people.findMany(approvers.kind === 'people' ? approvers.personIds : []);
  return policyWords(policy, (personId) => {
    const person = named.find(({ id }) => id === personId);
    if (!person) return t`a deleted person`;
    return person.active ? fullName(person) : t`${fullName(person)} (has left)`;
  });
}

/** The whole policy as sentences: who may request, who approves, for how long; then what happens without a decision. */
export function policyWords(policy: Policy, nameOf: NameOf): readonly string[] {
  if (policy.requesters.kind === 'nobody')
    return [
      policy.managersGrant
        ? t`No one can request it; admins grant it, and managers to their direct reports.`
        : t`No one can request it; only admins grant it.`,
    ];
  const undecided = undecidedWords(policy);
  return [
    `${whoMayAsk(policy.requesters)}; ${whoApproves(policy, nameOf)}; ${howLong(policy)}.`,
    ...(undecided ? [undecided] : []),
    policy.managersGrant
      ? t`Managers can grant it to their direct reports without a request.`
      : t`Managers grant it only by approving a request.`,
  ];
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

function whoApproves({ approvers, approvals }: Policy, nameOf: NameOf): string {
  switch (approvers.kind) {
    case 'manager':
      return t`their manager approves`;
    case 'admins':
      return plural(approvals, {
        one: t`an admin approves`,
        other: t`${approvals} admins approve`,
      });
    case 'people':
      return namedApprove(approvers, approvals, nameOf);
    case 'automatic':
      return t`it's approved automatically`;
    default:
      return unreachable(approvers);
  }
}

function namedApprove(
  { personIds }: Extract<Approvers, { kind: 'people' }>,
  approvals: number,
  nameOf: NameOf,
): string {
  const names = personIds.map(nameOf);
  if (names.length === 1) return t`${names[0] ?? ''} approves`;
  if (approvals === 1) return t`${listed(names, 'or')} approves`;
  return approvals >= names.length
    ? t`${listed(names, 'and')} approve`
    : t`${approvals} of ${listed(names, 'and')} approve`;
}

const howLong = ({ longestHours }: Policy): string =>
  longestHours === null ? t`no end date` : t`at most ${hoursWords(longestHours)}`;

/** Empty where approval is automatic, or all timeouts are off. */
function undecidedWords(policy: Policy): string {
  const { approvers, remindAfterDays, escalateAfterDays, expireAfterDays } = policy;
  if (approvers.kind === 'automatic') return '';
  // As for a request of the longest time: those for fewer hours wait less.
  const after = (days: number) =>
    hoursWords(hoursUntil(days, { hours: policy.longestHours ?? undefined }));
  const parts = [
    ...(remindAfterDays === null
      ? []
      : [t`approvers are reminded after ${after(remindAfterDays)}`]),
    ...(escalateAfterDays === null || approvers.kind === 'admins'
      ? []
      : [t`admins can approve too after ${after(escalateAfterDays)}`]),
    ...(expireAfterDays === null ? [] : [t`the request expires after ${after(expireAfterDays)}`]),
  ];
  return parts.length > 0 ? t`With no decision, ${listed(parts, 'and')}.` : '';
}

/** `A`, `A or B`, `A, B or C`. */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? '';
  if (items.length < 2) return last;
  const others = items.slice(0, -1).join(', ');
  return word === 'and' ? t`${others} and ${last}` : t`${others} or ${last}`;
}
