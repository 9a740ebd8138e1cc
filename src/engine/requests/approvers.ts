/**
 * Who may approve a request now: roles, managers, groups and absences change while it is open. Its stages don't: they are those of
 * the policy that it was made under (`stagesFor`).
 * Words: a *seat* is one approver's place in a stage. While the approver is away, their *delegate* may fill it. A seat counts once.
 * A press counts in every stage that admits its person, unless that stage wants someone else than the stages before.
 */
import { dayIn } from '../../core/days.ts';
import { unreachable } from '../../core/unreachable.ts';
import { heldToExtend, needsApprovalToKeep } from '../access/held-answers.ts';
import type { Integration, Person } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { routeFor, type Stage, type StageApprovers } from '../settings/route.ts';
import { policyOf, routeOf, settingsOf } from '../settings/settings.ts';
import type { AccessRequest, RequestContent, Verdict } from './access-request.ts';
import { groupMatch, MAX_MEMBERS, membersOf } from './groups.ts';
import {
  type CountedStages,
  chosenForApprovalAt,
  countedStages,
  forAdmins,
} from './needs-approval.ts';
import { readableContent } from './readable-content.ts';
import { afterReassignments, type Reassignment } from './reassignment.ts';
import type { WhyAdmins } from './why-admins.ts';

type SeatMove = Pick<Reassignment, 'fromId' | 'toId'>;

export interface Seat {
  readonly approver: Person;
  /** Who may fill it: the approver, and their delegate of today. */
  readonly people: readonly Person[];
  /** Whether one of them has approved, or a press for an earlier stage counts here. */
  readonly isFilled: boolean;
}

/** Of the stage that it waits for; of the last one where every stage has its approvals. */
export interface Approvers {
  readonly seats: readonly Seat[];
  /** Whom the stage names, whether they may decide it or not. */
  readonly named: readonly Person[];
  /** How many seats have to approve. Where fewer can, nobody can approve the request. */
  readonly needed: number;
  /** How many of the seats have approved. Only those that still exist count: a role may have ended since. */
  readonly approved: number;
  /** Why admins may approve it although the stage names others. Undefined where none of them can. */
  readonly whyAdmins?: WhyAdmins | undefined;
  /** Its number, from 1, and how many there are. */
  readonly stage: number;
  readonly stages: number;
  /**
   * `checking`: integrations are being asked who approves it. `stuck`: too few people are left to approve it; whether that is so in
   * later stages is only looked at with `isThorough`.
   */
  readonly state: 'checking' | 'waiting' | 'stuck' | 'approved';
}

/** Absences are days in the time zone of the person who is away. */
export interface At {
  readonly now: Date;
  /** Of people without a time zone; an IANA name. */
  readonly timeZone: string;
}

type RequestFacts = Pick<AccessRequest, 'personId' | 'requestedById' | 'escalatedAt'>;

/** The stages that decide it; empty where nobody has to. A request of 0.2.0 follows the policy of now. */
export function stagesFor(
  request: Pick<AccessRequest, 'route'>,
  integration: Pick<Integration, 'settings'>,
): readonly Stage[] {
  const route = routeFor(request) ?? { kind: 'checking', route: routeOf(policyOf(integration)) };
  return route.kind === 'checking' ? route.route.stages : route.stages;
}

/**
 * Where managers alone could approve, those whom the stages name beside them approve options that need approval, else admins: a
 * manager can't grant those alone.
 * A person who made the request, whom it is for, or who has left gets no seat. Where seats are missing, admins get them.
 * @param isThorough looks at the whole directory for groups, and at later stages; else at those who were asked, as long as they are
 * enough
 * @param verdicts left out: those so far
 */
export async function approversOf(
  {
    request,
    integration,
    isThorough = false,
    verdicts,
    reassignments,
  }: {
    readonly request: Pick<
      AccessRequest,
      'id' | 'kind' | 'personId' | 'requestedById' | 'escalatedAt' | 'route'
    >;
    readonly integration: Integration;
    readonly isThorough?: boolean;
    readonly verdicts?: readonly Verdict[];
    /** Left out: those of the request. */
    readonly reassignments?: readonly SeatMove[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const said = verdicts ?? (await stores.requests.verdicts(request.id));
  if (routeFor(request)?.kind === 'checking') return CHECKING;
  const moves = reassignments ?? (await stores.reassignments.of(request.id));
  const { stages, needsAdmins } = await countedStages(stagesFor(request, integration), async () => {
    const content = await readableContent(stores, request.id);
    // Where it can't be read it is never granted, and whom it waits for denies it.
    return content !== undefined && needsApproval({ ...request, content }, integration, stores);
  });
  const candidateIds = isThorough
    ? undefined
    : [
        ...(await stores.requests.approvers(request.id)),
        ...said.flatMap(({ personId, forPersonId }) => [personId, forPersonId ?? personId]),
        ...moves.flatMap(({ fromId, toId }) => [fromId, toId]),
      ];
  const about = { request, integration, verdicts: said, moves, candidateIds, needsAdmins };
  return approversIn(stages, about, { stores, at });
}

const CHECKING: Approvers = {
  seats: [],
  named: [],
  needed: 1,
  approved: 0,
  stage: 1,
  stages: 1,
  state: 'checking',
};

/**
 * As `approversOf`, for a request that isn't made yet.
 * @param counted left out: the policy's stages, where none of its cases holds and nothing needs approval
 */
export async function approversNow(
  {
    request,
    integration,
    counted = { stages: routeOf(policyOf(integration)).stages, needsAdmins: false },
    verdicts = [],
  }: {
    readonly request: RequestFacts;
    readonly integration: Integration;
    readonly counted?: CountedStages;
    readonly verdicts?: readonly Verdict[];
  },
  stores: Stores,
  at: At,
): Promise<Approvers> {
  const { stages, needsAdmins } = counted;
  const about = { request, integration, verdicts, moves: [], candidateIds: undefined, needsAdmins };
  return approversIn(stages, about, { stores, at });
}

interface StageContext {
  readonly request: RequestFacts;
  readonly integration: Integration;
  readonly verdicts: readonly Verdict[];
  readonly moves: readonly SeatMove[];
  /** Of whom groups are looked for. Undefined: the whole directory. */
  readonly candidateIds: readonly string[] | undefined;
  readonly needsAdmins: boolean;
}

interface ReadContext {
  readonly stores: Stores;
  readonly at: At;
}

async function approversIn(
  given: readonly Stage[],
  about: StageContext,
  context: ReadContext,
): Promise<Approvers> {
  // What is approved automatically waits only where something needs approval, or can't be granted now.
  const stages = given.length === 0 ? forAdmins([]) : given;
  const counted = new Set<string>();
  let last: Approvers | undefined;
  for (const [index, stage] of stages.entries()) {
    const {
      countedIds,
      open,
      isShort: _,
      ...at
    } = await stageNow(stage, { ...about, counted }, context);
    last = { ...at, stage: index + 1, stages: stages.length, state: 'approved' };
    if (at.approved < at.needed) {
      const rest = about.candidateIds === undefined ? stages.slice(index + 1) : [];
      const isStuck =
        at.approved + open < at.needed ||
        (await areStuck(rest, { ...about, counted }, context)) ||
        (rest.length > 0 && (await areTooMany(stages, about, context)));
      return { ...last, state: isStuck ? 'stuck' : 'waiting' };
    }
    for (const id of countedIds) counted.add(id);
  }
  if (!last) throw new RangeError('A request has at least one stage');
  return last;
}

/** Whether one of the later stages has too few people. */
async function areStuck(
  stages: readonly Stage[],
  about: AboutStage,
  context: ReadContext,
): Promise<boolean> {
  for (const stage of stages) {
    const { approved, open, needed } = await stageNow(stage, about, context);
    if (approved + open < needed) return true;
  }
  return false;
}

/**
 * Whether the stages need more different people than there are: each stage that wants someone else needs its own. Where this says no,
 * the people may still be too few.
 */
async function areTooMany(
  stages: readonly Stage[],
  about: StageContext,
  context: ReadContext,
): Promise<boolean> {
  if (stages.every(({ differentPerson }) => !differentPerson)) return false;
  const { requestedById, personId } = about.request;
  const admins = (await context.stores.people.admins()).map(({ id }) => id);
  const able = new Set(admins.filter((id) => id !== requestedById && id !== personId));
  let fewest = 0;
  for (const stage of stages) {
    const { seats } = await stageNow(stage, { ...about, counted: new Set() }, context);
    for (const { people } of seats) for (const { id } of people) able.add(id);
    fewest = stage.differentPerson ? fewest + stage.approvals : Math.max(fewest, stage.approvals);
    if (able.size < fewest) return true;
  }
  return false;
}

interface AboutStage extends StageContext {
  /** Who counts in an earlier stage, and in whose place. */
  readonly counted: ReadonlySet<string>;
}

interface StageNow
  extends Pick<Approvers, 'seats' | 'named' | 'needed' | 'approved' | 'whyAdmins'> {
  /** Seats that someone can still fill. */
  readonly open: number;
  /** Who has pressed for it, and in whose place. */
  readonly countedIds: readonly string[];
  /** Whether too few of those whom it names can approve, so that admins can, too. */
  readonly isShort: boolean;
}

/** Too few among those who were asked don't show that a group is too small: its other members may not have been asked yet. */
async function stageNow(stage: Stage, about: AboutStage, context: ReadContext): Promise<StageNow> {
  const now = await stageAmong(stage, about, context);
  return now.isShort && stage.approvers.some(({ kind }) => kind === 'group')
    ? stageAmong(stage, { ...about, candidateIds: undefined }, context)
    : now;
}

async function stageAmong(
  stage: Stage,
  about: AboutStage,
  { stores, at }: ReadContext,
): Promise<StageNow> {
  const { request, counted, needsAdmins } = about;
  const isOut = (id: string): boolean => stage.differentPerson && counted.has(id);
  const mayDecide = ({ active, id }: Person): boolean =>
    active && id !== request.personId && id !== request.requestedById && !isOut(id);
  const verdicts = (await thatStillCount(about.verdicts, stores)).filter(
    ({ personId, forPersonId, verdict }) =>
      verdict === 'approve' && !isOut(personId) && !isOut(forPersonId ?? personId),
  );
  const namedBy: Named[] = [];
  for (const each of stage.approvers) namedBy.push(await peopleOf(each, about, stores));
  const named = eachOnce(namedBy.flatMap(({ people }) => people));
  const taking = await stores.people.findMany(about.moves.map(({ toId }) => toId));
  const mayTake = (personId: string): Person | undefined =>
    taking.find(
      (to) =>
        to.id === personId &&
        mayDecide(to) &&
        (isAdmin(to) || named.some(({ id }) => id === personId)),
    );
  const moved = (people: readonly Person[]) =>
    afterReassignments(eachOnce(people), about.moves, mayTake);
  const chosen = moved(named.filter(mayDecide));
  const seatsOf = async (approvers: readonly Person[]): Promise<readonly Seat[]> => {
    const seats: Pick<Seat, 'approver' | 'people'>[] = [];
    for (const approver of approvers) {
      const delegate = await delegateOf(approver, stores, at);
      seats.push({
        approver,
        people: delegate && mayDecide(delegate) ? [approver, delegate] : [approver],
      });
    }
    const filled = fill(seats, verdicts);
    return seats.map((seat) => ({ ...seat, isFilled: filled.has(seat.approver.id) }));
  };
  const said = new Set(about.verdicts.map(({ personId }) => personId));
  const countIn = (seats: readonly Seat[]) => ({
    approved: seats.filter(({ isFilled }) => isFilled).length,
    open: seats.filter((seat) => !seat.isFilled && seat.people.some(({ id }) => !said.has(id)))
      .length,
  });
  let seats = await seatsOf(chosen);
  const before = countIn(seats);
  const isShort = before.approved + before.open < stage.approvals;
  if (isShort || request.escalatedAt) {
    const admins = (await stores.people.admins()).filter(mayDecide);
    seats = await seatsOf(moved([...chosen, ...admins]));
  }
  const isByAdmins = stage.approvers.some(({ kind }) => kind === 'admins');
  const [only, ...others] = namedBy;
  const why: WhyAdmins | undefined = needsAdmins
    ? 'needs-approval'
    : isShort && !isByAdmins
      ? chosen.length > 0
        ? 'too-few'
        : ((others.length === 0 ? only?.whyNobody : undefined) ?? 'none-can')
      : undefined;
  const canAdmins = seats.some(({ approver }) => isAdmin(approver));
  return {
    seats,
    named,
    needed: stage.approvals,
    whyAdmins: canAdmins ? why : undefined,
    ...countIn(seats),
    isShort,
    countedIds: firstOf(fill(seats, verdicts), stage.approvals, verdicts),
  };
}

/**
 * Without those of delegates who have left since: an approver who has left has no seat, so theirs fill none. And without those that
 * someone else pressed, whose address another person has by now.
 */
async function thatStillCount(
  verdicts: readonly Verdict[],
  { people }: Stores,
): Promise<readonly Verdict[]> {
  if (verdicts.length === 0) return verdicts;
  const found = await people.findMany(verdicts.map(({ personId }) => personId));
  return verdicts.filter(({ personId, forPersonId, at }) => {
    const person = found.find(({ id }) => id === personId);
    if (person && isFormerHolders({ at }, person)) return false;
    return forPersonId === undefined || person?.active === true;
  });
}

/** Whether someone else pressed it, who had the address of this person before. */
export const isFormerHolders = (
  { at }: Pick<Verdict, 'at'>,
  { addressSince }: Pick<Person, 'addressSince'>,
): boolean => addressSince !== undefined && addressSince > at;

/** Who pressed the first approvals, as many as the stage needs, and in whose place: later ones are free for later stages. */
const firstOf = (
  filled: ReadonlyMap<string, Verdict>,
  approvals: number,
  verdicts: readonly Verdict[],
): readonly string[] =>
  [...filled]
    .toSorted(([, a], [, b]) => verdicts.indexOf(a) - verdicts.indexOf(b))
    .slice(0, approvals)
    .flatMap(([id, { personId }]) => [id, personId]);

/**
 * Which verdict fills which seat, by the approver's id: the seat that it was pressed for, where this stage has it; else the person's
 * own, else one that they may fill as a delegate. No verdict fills two seats, and no seat has two.
 */
function fill(
  seats: readonly Pick<Seat, 'approver' | 'people'>[],
  verdicts: readonly Verdict[],
): ReadonlyMap<string, Verdict> {
  const filled = new Map<string, Verdict>();
  const rest = verdicts.filter((verdict) => {
    const id = verdict.forPersonId ?? verdict.personId;
    const isPressed = seats.some(({ approver }) => approver.id === id) && !filled.has(id);
    if (isPressed) filled.set(id, verdict);
    return !isPressed;
  });
  for (const verdict of rest) {
    const { personId } = verdict;
    const free = seats.filter(({ approver }) => !filled.has(approver.id));
    const seat =
      free.find(({ approver }) => approver.id === personId) ??
      free.find(({ people }) => people.some(({ id }) => id === personId));
    if (seat) filled.set(seat.approver.id, verdict);
  }
  return filled;
}

/** One person has one seat. */
const eachOnce = (people: readonly Person[]): readonly Person[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

interface Named {
  readonly people: readonly Person[];
  /** Why there is nobody, where there is a better word for it than that. */
  readonly whyNobody?: WhyAdmins;
}

async function peopleOf(
  approvers: StageApprovers,
  {
    request,
    integration,
    candidateIds,
  }: Pick<StageContext, 'request' | 'integration' | 'candidateIds'>,
  stores: Stores,
): Promise<Named> {
  const managerOf = async (person: Person | undefined) =>
    person?.managerId === undefined ? undefined : stores.people.find(person.managerId);
  switch (approvers.kind) {
    case 'manager': {
      const manager = await managerOf(await stores.people.find(request.personId));
      return {
        people: manager ? [manager] : [],
        whyNobody: manager?.active ? 'manager-requested' : manager ? 'manager-left' : 'no-manager',
      };
    }
    case 'managers-manager': {
      const manager = await managerOf(await stores.people.find(request.personId));
      const next = await managerOf(manager);
      return {
        people: next ? [next] : [],
        whyNobody: !manager ? 'no-manager' : next ? 'none-can' : 'no-managers-manager',
      };
    }
    case 'people':
      return { people: await stores.people.findMany(approvers.personIds) };
    case 'owners':
      return { people: await stores.people.findMany(settingsOf(integration).ownerIds ?? []) };
    case 'group': {
      const { group } = approvers;
      if (candidateIds === undefined)
        return { people: (await membersOf(stores, group)).slice(0, MAX_MEMBERS) };
      const match = await groupMatch(stores, group);
      return { people: await match(await stores.people.findMany([...new Set(candidateIds)])) };
    }
    case 'admins':
      return { people: await stores.people.admins() };
    default:
      return unreachable(approvers);
  }
}

/** Undefined where they are here. */
export async function delegateOf(
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

/** By what an approval would grant: what the person has, for an extension; else the answers of the form. */
export async function needsApproval(
  {
    kind,
    personId,
    content,
  }: Pick<AccessRequest, 'kind' | 'personId'> & { readonly content: RequestContent },
  integration: Integration,
  stores: Stores,
): Promise<boolean> {
  const held = kind === 'extend' ? await heldToExtend(stores, personId, integration) : undefined;
  if (held) return needsApprovalToKeep(held);
  return (await chosenForApprovalAt(stores, integration, content.form)).length > 0;
}
