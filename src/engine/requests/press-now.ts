/** What a press of Approve or Deny would be for someone now. */
import type { Verdict } from './access-request.ts';
import type { Approvers } from './approvers.ts';
import { isFormerHolders, type Seat } from './seats/seat.ts';

/**
 * The seat that this person may fill. An empty seat comes before a filled one, and their own before a seat that they fill as
 * a delegate.
 */
function seatOf({ seats }: Pick<Approvers, 'seats'>, personId: string): Seat | undefined {
  const theirs = [
    ...seats.filter(({ approver }) => approver.id === personId),
    ...seats.filter(
      ({ approver, people }) =>
        approver.id !== personId && people.some(({ id }) => id === personId),
    ),
  ];
  return theirs.find(({ isFilled }) => !isFilled) ?? theirs[0];
}

export type PressNow =
  | { readonly kind: 'seat'; readonly seat: Seat }
  | { readonly kind: 'not-approver' }
  /** They have approved or denied. */
  | { readonly kind: 'said-already' }
  /** The other person of their seat has: its approver, or the delegate. */
  | { readonly kind: 'filled' };

/**
 * What a press of this person would be. Where every approval is there and the request is still open, it couldn't be granted: then
 * those of its last stage press again.
 */
export function pressNow(
  approvers: Pick<Approvers, 'seats' | 'state'>,
  verdicts: readonly Pick<Verdict, 'personId' | 'at'>[],
  personId: string,
): PressNow {
  const seat = seatOf(approvers, personId);
  if (!seat) return { kind: 'not-approver' };
  if (approvers.state === 'approved') return { kind: 'seat', seat };
  const person = seat.people.find(({ id }) => id === personId) ?? seat.approver;
  // A delegate of two approvers counts once.
  if (verdicts.some((each) => each.personId === personId && !isFormerHolders(each, person)))
    return { kind: 'said-already' };
  return seat.isFilled ? { kind: 'filled' } : { kind: 'seat', seat };
}
