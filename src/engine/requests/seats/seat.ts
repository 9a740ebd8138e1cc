/**
 * Who fills a seat. Words: a *seat* is one approver's place in a stage. While the approver is away, their *delegate* may fill it. A
 * seat counts once.
 */
import { dayIn } from '../../../core/days.ts';
import type { Person } from '../../people/directory.ts';
import type { Stores } from '../../ports/unit-of-work.ts';
import type { Verdict } from '../access-request.ts';

export interface Seat {
  readonly approver: Person;
  /** Who may fill it: the approver, and their delegate of today. */
  readonly people: readonly Person[];
  /** Whether one of them has approved, or a press for an earlier stage counts here. */
  readonly isFilled: boolean;
}

/** Absences are days in the time zone of the person who is away. */
export interface At {
  readonly now: Date;
  /** Of people without a time zone; an IANA name. */
  readonly timeZone: string;
}

/**
 * Without those of delegates who have left since: an approver who has left has no seat, so theirs fill none. And without those that
 * someone else pressed, whose address another person has by now.
 */
export async function thatStillCount(
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

/**
 * Which verdict fills which seat, by the approver's id: the seat that it was pressed for, where this stage has it; else the person's
 * own, else one that they may fill as a delegate. No verdict fills two seats, and no seat has two.
 */
export function fill(
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
