/** A seat that its approver, or their delegate, has handed on to someone else for one request. */
import type { Person } from '../people/directory.ts';

/** Of one request, so that a seat doesn't go around for ever. */
export const MAX_REASSIGNMENTS = 10;

export interface Reassignment {
  readonly id: string;
  readonly requestId: string;
  /** Whose seat it was. */
  readonly fromId: string;
  readonly toId: string;
  /** Who pressed: `fromId`, or their delegate. */
  readonly byId: string;
  readonly at: Date;
  /** Encrypted at rest. */
  readonly comment?: string;
}

/**
 * The approvers after these reassignments, in their order. One whose new approver may not take the seat any more is void: the
 * seat is then its former approver's again. A person who has a seat already gets no second one.
 * @param mayTake who they are, where they may take a seat now
 */
export function afterReassignments(
  approvers: readonly Person[],
  reassignments: readonly Pick<Reassignment, 'fromId' | 'toId'>[],
  mayTake: (personId: string) => Person | undefined,
): readonly Person[] {
  let now = approvers;
  for (const { fromId, toId } of reassignments) {
    const to = mayTake(toId);
    if (!to || !now.some(({ id }) => id === fromId)) continue;
    const others = now.filter(({ id }) => id !== toId);
    now = others.some(({ id }) => id === fromId)
      ? others.map((person) => (person.id === fromId ? to : person))
      : now;
  }
  return now;
}
