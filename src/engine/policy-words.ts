/** A policy in words: "Anyone in Engineering may ask; their manager approves; at most 30 days." */
import { unreachable } from '../core/unreachable.ts';
import { fullName } from './directory.ts';
import type { Stores } from './ports/unit-of-work.ts';
import type { Approvers, Policy, Requesters } from './settings.ts';

/** People whom a policy names. */
export type NameOf = (personId: string) => string;

/** With the names of whom it names, as they are now. */
export async function policyInWords(
  policy: Policy,
  { people }: Pick<Stores, 'people'>,
): Promise<readonly string[]> {
  const { approvers } = policy;
  const named = await people.findMany(approvers.kind === 'people' ? approvers.personIds : []);
  return policyWords(policy, (personId) => {
    const person = named.find(({ id }) => id === personId);
    if (!person) return 'somebody who is gone';
    return person.active ? fullName(person) : `${fullName(person)} (has left)`;
  });
}

/** The whole policy as sentences: who asks, who decides and for how long first; then what happens without a decision. */
export function policyWords(policy: Policy, nameOf: NameOf): readonly string[] {
  if (policy.requesters.kind === 'nobody')
    return [
      policy.managersGrant
        ? 'Nobody may ask for it; admins grant it, and managers to their direct reports.'
        : 'Nobody may ask for it; only admins grant it.',
    ];
  const undecided = undecidedWords(policy);
  return [
    `${whoMayAsk(policy.requesters)}; ${whoApproves(policy, nameOf)}; ${howLong(policy)}.`,
    ...(undecided ? [undecided] : []),
    policy.managersGrant
      ? 'Managers may grant it to their direct reports without being asked.'
      : 'Managers grant it only by approving a request.',
  ];
}

function whoMayAsk(requesters: Exclude<Requesters, { kind: 'nobody' }>): string {
  switch (requesters.kind) {
    case 'everyone':
      return 'Everyone may ask';
    case 'departments':
      return `Anyone in ${listed(requesters.departments, 'or')} may ask`;
    default:
      return unreachable(requesters);
  }
}

function whoApproves({ approvers, approvals }: Policy, nameOf: NameOf): string {
  switch (approvers.kind) {
    case 'manager':
      return 'their manager approves';
    case 'admins':
      return approvals === 1 ? 'an admin approves' : `${approvals} admins approve`;
    case 'people':
      return namedApprove(approvers, approvals, nameOf);
    case 'automatic':
      return 'it is granted at once';
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
  if (names.length === 1) return `${names[0]} approves`;
  if (approvals === 1) return `${listed(names, 'or')} approves`;
  return approvals >= names.length
    ? `${listed(names, 'and')} approve`
    : `${approvals} of ${listed(names, 'and')} approve`;
}

const howLong = ({ longestDays }: Policy): string =>
  longestDays === null ? 'for as long as they need it' : `at most ${days(longestDays)}`;

/** Empty where nobody waits for anybody, or nothing ever happens. */
function undecidedWords({
  approvers,
  remindAfterDays,
  escalateAfterDays,
  expireAfterDays,
}: Policy): string {
  if (approvers.kind === 'automatic') return '';
  const parts = [
    ...(remindAfterDays === null ? [] : [`approvers are reminded after ${days(remindAfterDays)}`]),
    ...(escalateAfterDays === null || approvers.kind === 'admins'
      ? []
      : [`admins may decide too after ${days(escalateAfterDays)}`]),
    ...(expireAfterDays === null ? [] : [`the request ends after ${days(expireAfterDays)}`]),
  ];
  return parts.length > 0 ? `Without a decision ${listed(parts, 'and')}.` : '';
}

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** `A`, `A or B`, `A, B or C`. */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`;
}
