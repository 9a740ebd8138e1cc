/** The seats of a stage as they are now. */
import type { Person } from '../../people/directory.ts';
import { isAdmin } from '../../people/permission.ts';
import type { Stores } from '../../ports/unit-of-work.ts';
import type { Stage } from '../../settings/route.ts';
import type { Verdict } from '../access-request.ts';
import { afterReassignments, type Reassignment } from '../reassignment.ts';
import type { WhyAdmins } from '../why-admins.ts';
import { type Named, peopleOf, type StageInput } from './named.ts';
import { type At, delegateOf, fill, type Seat, thatStillCount } from './seat.ts';

export interface StageSeats {
  readonly seats: readonly Seat[];
  /** Whom the stage names, whether they may decide it or not. */
  readonly named: readonly Person[];
  /** How many seats have to approve. Where fewer can, nobody can approve the request. */
  readonly needed: number;
  /** How many of the seats have approved. Only those that still exist count: a role may have ended since. */
  readonly approved: number;
  /** Why admins may approve it although the stage names others. Undefined where none of them can. */
  readonly whyAdmins?: WhyAdmins | undefined;
}

export interface StageNow extends StageSeats {
  /** Seats that someone can still fill. */
  readonly open: number;
  /** Who has pressed for it, and in whose place. */
  readonly countedIds: readonly string[];
  /** Whether too few of those whom it names can approve, so that admins can, too. */
  readonly isShort: boolean;
}

export type SeatMove = Pick<Reassignment, 'fromId' | 'toId'>;

export interface StageContext extends StageInput {
  readonly verdicts: readonly Verdict[];
  readonly moves: readonly SeatMove[];
  readonly needsAdmins: boolean;
}

export interface AboutStage extends StageContext {
  /** Who counts in an earlier stage, and in whose place. */
  readonly counted: ReadonlySet<string>;
}

export interface ReadContext {
  readonly stores: Stores;
  readonly at: At;
}

/** Too few among those who were asked don't show that a group is too small: its other members may not have been asked yet. */
export async function stageNow(
  stage: Stage,
  about: AboutStage,
  context: ReadContext,
): Promise<StageNow> {
  const now = await stageAmong(stage, about, context);
  return now.isShort && stage.approvers.some(({ kind }) => kind === 'group')
    ? stageAmong(stage, { ...about, candidateIds: undefined }, context)
    : now;
}

async function stageAmong(
  stage: Stage,
  about: AboutStage,
  context: ReadContext,
): Promise<StageNow> {
  const { stores } = context;
  const { request, counted } = about;
  const isOut = (id: string): boolean => stage.differentPerson && counted.has(id);
  const mayDecide: MayDecide = ({ active, id }) =>
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
  const seatsOf = async (approvers: readonly Person[]) =>
    withFilled(await withDelegates(approvers, mayDecide, context), verdicts);
  let seats = await seatsOf(chosen);
  const before = countIn(seats, about);
  const isShort = before.approved + before.open < stage.approvals;
  if (isShort || request.escalatedAt) {
    const admins = (await stores.people.admins()).filter(mayDecide);
    seats = await seatsOf(moved([...chosen, ...admins]));
  }
  const canAdmins = seats.some(({ approver }) => isAdmin(approver));
  const why = about.needsAdmins
    ? 'needs-approval'
    : isShort && stage.approvers.every(({ kind }) => kind !== 'admins')
      ? whyShort(chosen, namedBy)
      : undefined;
  return {
    seats,
    named,
    needed: stage.approvals,
    whyAdmins: canAdmins ? why : undefined,
    ...countIn(seats, about),
    isShort,
    countedIds: firstOf(fill(seats, verdicts), stage.approvals, verdicts),
  };
}

type MayDecide = (person: Person) => boolean;
type EmptySeat = Pick<Seat, 'approver' | 'people'>;

async function withDelegates(
  approvers: readonly Person[],
  mayDecide: MayDecide,
  { stores, at }: ReadContext,
): Promise<readonly EmptySeat[]> {
  const seats: EmptySeat[] = [];
  for (const approver of approvers) {
    const delegate = await delegateOf(approver, stores, at);
    const people = delegate && mayDecide(delegate) ? [approver, delegate] : [approver];
    seats.push({ approver, people });
  }
  return seats;
}

function withFilled(seats: readonly EmptySeat[], verdicts: readonly Verdict[]): readonly Seat[] {
  const filled = fill(seats, verdicts);
  return seats.map((seat) => ({ ...seat, isFilled: filled.has(seat.approver.id) }));
}

function countIn(
  seats: readonly Seat[],
  { verdicts }: StageContext,
): Pick<StageNow, 'approved' | 'open'> {
  const said = new Set(verdicts.map(({ personId }) => personId));
  const free = seats.filter(({ isFilled }) => !isFilled);
  return {
    approved: seats.length - free.length,
    open: free.filter(({ people }) => people.some(({ id }) => !said.has(id))).length,
  };
}

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

/** Why too few of those whom the stage names can approve. */
function whyShort(chosen: readonly Person[], [only, ...others]: readonly Named[]): WhyAdmins {
  if (chosen.length > 0) return 'too-few';
  return (others.length === 0 ? only?.whyNobody : undefined) ?? 'none-can';
}

/** One person has one seat. */
const eachOnce = (people: readonly Person[]): readonly Person[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];
