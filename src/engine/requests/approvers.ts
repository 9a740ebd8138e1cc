/**
 * Who may approve a request now: roles, managers, policies and absences change while it is open.
 * Words: a *seat* is one approver's place. While the approver is away, their *delegate* may fill it. A seat counts once.
 */

import { dayIn } from '../../core/days.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { heldToExtend, needsApprovalToKeep } from '../access/held-answers.ts';
import type { Integration, Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type Policy, policyOf } from '../settings/settings.ts';
import type { AccessRequest, Verdict } from './access-request.ts';
import { chosenForApprovalAt } from './needs-approval.ts';
import { afterReassignments, type Reassignment } from './reassignment.ts';

type SeatMove = Pick<Reassignment, 'fromId' | 'toId'>;

export interface Seat {
  readonly approver: Person;
  /** Who may fill it: the approver, and their delegate of today. */
  readonly people: readonly Person[];
}

export interface Approvers {
  readonly seats: readonly Seat[];
  /** How many seats have to approve, by the policy. Where there are fewer seats, nobody can approve it. */
  readonly needed: number;
  /** Why admins may approve it although the policy names others. Undefined where none of them can. */
  readonly whyAdmins?: WhyAdmins | undefined;
}

export type WhyAdmins =
  | 'needs-approval'
  | 'manager-requested'
  | 'manager-left'
  | 'no-manager'
  | 'none-can'
  | 'too-few';

/** Absences are days in the time zone of the person who is away. */
export interface At {
  readonly now: Date;
  /** Of people without a time zone; an IANA name. */
  readonly timeZone: string;
}

/**
 * Where the policy names only the manager, admins approve options that need approval: a manager can't grant those alone.
 * A person who made the request, whom it is for, or who has left gets no seat. Where seats are missing, admins get them.
 * @returns fewer seats than are needed where not even admins are left to fill them
 */
export async function approversOf(
  {
    request,
    integration,
    reassignments,
  }: {
    readonly request: Pick<
      AccessRequest,
      'id' | 'kind' | 'personId' | 'requestedById' | 'escalatedAt'
    >;
    readonly integration: Integration;
    /** Left out: those of the request. */
    readonly reassignments?: readonly SeatMove[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const needsAdmins =
    isLeftToAdmins(policyOf(integration)) && (await needsApproval(request, integration, stores));
  const moves = reassignments ?? (await stores.reassignments.of(request.id));
  return approversNow({ request, integration, needsAdmins, reassignments: moves }, stores, at);
}

/**
 * As `approversOf`, also for a request that isn't made yet.
 * @param needsAdmins whether it is for an option that needs approval, which only admins approve
 */
export async function approversNow(
  {
    request,
    integration,
    needsAdmins = false,
    reassignments = [],
  }: {
    readonly request: Pick<AccessRequest, 'personId' | 'requestedById' | 'escalatedAt'>;
    readonly integration: Integration;
    readonly needsAdmins?: boolean;
    readonly reassignments?: readonly SeatMove[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const policy = policyOf(integration);
  const approvers = needsAdmins ? ({ kind: 'admins' } as const) : policy.approvers;
  const named = await namedBy(approvers, request.personId, stores);
  const mayDecide = (person: Person): boolean =>
    person.active && person.id !== request.personId && person.id !== request.requestedById;
  const taking = await stores.people.findMany(reassignments.map(({ toId }) => toId));
  const isNamed = ({ id }: Person) => named.people.some((each) => each.id === id);
  const mayTake = (personId: string): Person | undefined =>
    taking.find((to) => to.id === personId && mayDecide(to) && (isAdmin(to) || isNamed(to)));
  const moved = (people: readonly Person[]) =>
    afterReassignments(eachOnce(people), reassignments, mayTake);
  const chosen = moved(named.people.filter(mayDecide));

  const isShort = chosen.length < policy.approvals;
  const admins =
    isShort || request.escalatedAt ? (await stores.people.admins()).filter(mayDecide) : [];
  const seats: Seat[] = [];
  for (const approver of moved([...chosen, ...admins])) {
    const delegate = await delegateOf(approver, stores, at);
    seats.push({
      approver,
      people: delegate && mayDecide(delegate) ? [approver, delegate] : [approver],
    });
  }
  const isByAdmins = approvers.kind === 'admins' || approvers.kind === 'automatic';
  const why: WhyAdmins | undefined = needsAdmins
    ? 'needs-approval'
    : isShort && !isByAdmins
      ? chosen.length === 0
        ? named.whyNobody
        : 'too-few'
      : undefined;
  const canAdmins = seats.some(({ approver }) => isAdmin(approver));
  return { seats, needed: policy.approvals, whyAdmins: canAdmins ? why : undefined };
}

/** @param isForReader whether the request is for the person who reads this */
export function whyAdminsWords(why: WhyAdmins, isForReader: boolean): string {
  switch (why) {
    case 'needs-approval':
      return t`It needs approval, so a Latchkey admin has to approve it.`;
    case 'manager-requested':
      return isForReader
        ? t`Your manager made the request, so admins approve it.`
        : t`Their manager made the request, so admins approve it.`;
    case 'manager-left':
      return isForReader
        ? t`Your manager has left, so admins approve it.`
        : t`Their manager has left, so admins approve it.`;
    case 'no-manager':
      return isForReader
        ? t`You have no manager in the directory, so admins approve it.`
        : t`They have no manager in the directory, so admins approve it.`;
    case 'none-can':
      return t`None of its approvers can approve this one, so admins do.`;
    case 'too-few':
      return t`Too few of its approvers can approve this one, so admins can too.`;
    default:
      return unreachable(why);
  }
}

/** Whether only admins approve what needs approval. People whom the policy names may, too: an admin named them. */
export const isLeftToAdmins = ({ approvers }: Policy): boolean =>
  approvers.kind === 'manager' || approvers.kind === 'automatic';

/** By what an approval would grant: what the person has, for an extension; else the answers of the form. */
async function needsApproval(
  { id, kind, personId }: Pick<AccessRequest, 'id' | 'kind' | 'personId'>,
  integration: Integration,
  stores: Stores,
): Promise<boolean> {
  const held = kind === 'extend' ? await heldToExtend(stores, personId, integration) : undefined;
  if (held) return needsApprovalToKeep(held);
  const { form } = await stores.requests.content(id);
  return (await chosenForApprovalAt(stores, integration, form)).length > 0;
}

/** One person has one seat. */
const eachOnce = (people: readonly Person[]): readonly Person[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

/** How many seats have approved. Only those that still exist count: a role may have ended since. */
export function approvedSeats({ seats }: Approvers, verdicts: readonly Verdict[]): number {
  const approved = verdicts.filter(({ verdict }) => verdict === 'approve').map(seatIdOf);
  return seats.filter(({ approver }) => approved.includes(approver.id)).length;
}

/**
 * The seat that this person may fill. An empty seat comes before a filled one, and their own before a seat that they fill as
 * a delegate.
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

/** Whether its approver, or their delegate, has approved or denied. */
export const isFilled = ({ approver }: Seat, verdicts: readonly Verdict[]): boolean =>
  verdicts.some((verdict) => seatIdOf(verdict) === approver.id);

/** The approver whose seat it was. */
const seatIdOf = ({ personId, forPersonId }: Verdict): string => forPersonId ?? personId;

/** Whom the policy names for a request for this person, whether they may decide it or not. */
export async function namedBy(
  approvers: ReturnType<typeof policyOf>['approvers'],
  personId: string,
  stores: Stores,
): Promise<{ readonly people: readonly Person[]; readonly whyNobody?: WhyAdmins }> {
  switch (approvers.kind) {
    case 'manager': {
      const person = await stores.people.find(personId);
      const manager = person?.managerId ? await stores.people.find(person.managerId) : undefined;
      return {
        people: manager ? [manager] : [],
        whyNobody: manager?.active ? 'manager-requested' : manager ? 'manager-left' : 'no-manager',
      };
    }
    case 'people':
      return {
        people: await stores.people.findMany(approvers.personIds),
        whyNobody: 'none-can',
      };
    case 'admins':
    case 'automatic':
      return { people: await stores.people.admins() };
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
