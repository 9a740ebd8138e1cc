/**
 * Who decides a request, as things are at this moment: roles, managers, policies and absences change while it is open.
 * Words: a *seat* is one approver's say; while they are away their *delegate* may fill it, and two who fill one seat count once.
 */

import { dayIn } from '../../core/days.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { heldToExtend, needsApprovalToKeep } from '../access/held-answers.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type Policy, policyOf } from '../settings/settings.ts';
import type { AccessRequest, Verdict } from './access-request.ts';
import { chosenForApprovalAt } from './needs-approval.ts';

export interface Seat {
  /** Whose say it is. */
  readonly approver: Person;
  /** Who may fill it: the approver, and whoever stands in for them today. */
  readonly people: readonly Person[];
}

export interface Approvers {
  readonly seats: readonly Seat[];
  /** How many seats have to approve: as the policy has it, also where there are fewer. Then nobody can approve it. */
  readonly needed: number;
  /** Why admins decide, or do so too, though the policy names others; a sentence for people. */
  readonly whyAdmins?: string;
}

/** Absences are days in the time zone of who is away. */
export interface At {
  readonly now: Date;
  /** Of people who have none of their own; an IANA name. */
  readonly timeZone: string;
}

/**
 * What needs approval is for admins, where the policy names nobody but a manager: a manager can't give it alone, so neither by
 * approving it. A seat stays empty where its person asks, is whom it is for, or has left. Admins fill such seats.
 * @returns fewer seats than are needed where not even admins are left to fill them
 */
export async function approversOf(
  request: Pick<AccessRequest, 'id' | 'kind' | 'personId' | 'requestedById' | 'escalatedAt'>,
  integration: Integration,
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const policy = policyOf(integration);
  const needsAdmins = isLeftToAdmins(policy) && (await needsApproval(request, integration, stores));
  const approvers = needsAdmins ? ({ kind: 'admins' } as const) : policy.approvers;
  const named = await namedBy(approvers, request.personId, stores);
  const mayDecide = (person: Person): boolean =>
    person.active && person.id !== request.personId && person.id !== request.requestedById;
  const chosen = eachOnce(named.people.filter(mayDecide));

  const isShort = chosen.length < policy.approvals;
  const admins =
    isShort || request.escalatedAt ? (await stores.people.admins()).filter(mayDecide) : [];
  const seats: Seat[] = [];
  for (const approver of eachOnce([...chosen, ...admins])) {
    const delegate = await delegateOf(approver, stores, at);
    seats.push({
      approver,
      people: delegate && mayDecide(delegate) ? [approver, delegate] : [approver],
    });
  }
  const isByAdmins = approvers.kind === 'admins' || approvers.kind === 'automatic';
  const whyAdmins = needsAdmins
    ? t`A Latchkey admin decides it, since it needs approval.`
    : isShort && !isByAdmins
      ? chosen.length === 0
        ? named.whyNobody
        : whyToo()
      : undefined;
  return { seats, needed: policy.approvals, ...(whyAdmins !== undefined && { whyAdmins }) };
}

/** Whether admins decide what needs approval. People whom a policy names decide that, too: an admin has named them. */
export const isLeftToAdmins = ({ approvers }: Policy): boolean =>
  approvers.kind === 'manager' || approvers.kind === 'automatic';

/** Judged by what an approval would give: what is held where it is kept for longer, else what was answered. */
async function needsApproval(
  { id, kind, personId }: Pick<AccessRequest, 'id' | 'kind' | 'personId'>,
  integration: Integration,
  stores: Stores,
): Promise<boolean> {
  const held = kind === 'extend' ? await heldToExtend(stores, personId, integration) : undefined;
  if (held) return needsApprovalToKeep(held);
  const { form } = await stores.requests.asked(id);
  return (await chosenForApprovalAt(stores, integration, form)).length > 0;
}

/** One person has one seat, however often they are named. */
const eachOnce = (people: readonly Person[]): readonly Person[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

const whyToo = (): string =>
  t`Not enough of those who decide about it can decide this one, so admins may, too.`;

/** How many seats have approved. Only those count that still decide: a role may have ended since. */
export function approvedSeats({ seats }: Approvers, verdicts: readonly Verdict[]): number {
  const approved = verdicts.filter(({ verdict }) => verdict === 'approve').map(seatIdOf);
  return seats.filter(({ approver }) => approved.includes(approver.id)).length;
}

/**
 * The seat that this person may fill: an empty one before one that has been filled, and their own before one that they
 * fill for somebody else.
 */
export function seatOf(
  { seats }: Approvers,
  personId: string,
  verdicts: readonly Verdict[],
): Seat | undefined {
  const theirs = [
    ...seats.filter(({ approver }) => approver.id === personId),
    ...seats.filter(
      ({ approver, people }) =>
        approver.id !== personId && people.some(({ id }) => id === personId),
    ),
  ];
  return theirs.find((seat) => !isFilled(seat, verdicts)) ?? theirs[0];
}

/** Whether its approver has had their say, or somebody had it for them. */
export const isFilled = ({ approver }: Seat, verdicts: readonly Verdict[]): boolean =>
  verdicts.some((verdict) => seatIdOf(verdict) === approver.id);

/** Whose say it was. */
const seatIdOf = ({ personId, forPersonId }: Verdict): string => forPersonId ?? personId;

async function namedBy(
  approvers: ReturnType<typeof policyOf>['approvers'],
  personId: string,
  stores: Stores,
): Promise<{ readonly people: readonly Person[]; readonly whyNobody: string }> {
  switch (approvers.kind) {
    case 'manager': {
      const person = await stores.people.find(personId);
      const manager = person?.managerId ? await stores.people.find(person.managerId) : undefined;
      return {
        people: manager ? [manager] : [],
        whyNobody: manager?.active
          ? t`Their manager is the one who asks, so admins decide.`
          : manager
            ? t`Their manager has left, so admins decide.`
            : t`They have no manager in the directory, so admins decide.`,
      };
    }
    case 'people':
      return {
        people: await stores.people.findMany(approvers.personIds),
        whyNobody: t`None of the people who decide about it can decide this one, so admins do.`,
      };
    case 'admins':
    case 'automatic':
      return { people: await stores.people.admins(), whyNobody: '' };
    default:
      return unreachable(approvers);
  }
}

async function delegateOf(
  { id, timeZone: own }: Person,
  stores: Stores,
  { now, timeZone }: At,
): Promise<Person | undefined> {
  const delegation = await stores.delegations.of(id);
  const today = dayIn(own ?? timeZone, now);
  return delegation && delegation.from <= today && today <= delegation.until
    ? stores.people.find(delegation.delegateId)
    : undefined;
}
