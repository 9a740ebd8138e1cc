import { type Person, SYSTEM } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { calendarOf, whenDue } from './plan.ts';
import { planAgain } from './planned-item.ts';

/** One person has only a few sequences. */
const MANY = { offset: 0, limit: 100 };

/**
 * The last day of someone is later now: what was revoked for it too early is planned again.
 * @returns the ids of these items
 */
export async function planRevokesAgain(
  tx: Transaction,
  person: Person,
): Promise<ReadonlySet<string>> {
  const again = new Set<string>();
  const { assignments } = await tx.assignments.ofPerson(person.id, MANY);
  for (const assignment of assignments) {
    const sequence = await tx.sequences.find(assignment.sequenceId);
    if (sequence?.anchor !== 'end-date' || sequence.deletedAt) continue;
    const calendar = await calendarOf(tx);
    for (const planned of await tx.plannedItems.ofAssignment(assignment.id)) {
      const item = await tx.sequences.findItem(planned.itemId);
      if (planned.state !== 'fired' || planned.byId !== undefined) continue; // Or someone meant it.
      if (item?.does.kind !== 'revoke' || item.removedAt) continue;
      const due = whenDue(item, { sequence, assignment, person }, { calendar, ...tx });
      if (!due || due <= tx.now || !(await reopen(tx, assignment.id))) continue;
      await tx.plannedItems.save(planAgain(planned, due));
      await tx.audit('sequence.moved', {
        actor: SYSTEM,
        personId: person.id,
        detail: { plannedItemId: planned.id, due: due.toISOString() },
      });
      again.add(planned.id);
    }
  }
  return again;
}

/** @returns false where they have the same sequence once more since */
async function reopen(tx: Transaction, assignmentId: string): Promise<boolean> {
  const assignment = await tx.assignments.hold(assignmentId);
  if (!assignment?.endedAt) return assignment !== undefined;
  const { endedAt: _, ...open } = assignment;
  const { assignments } = await tx.assignments.ofPerson(open.personId, MANY);
  if (assignments.some((each) => each.sequenceId === open.sequenceId && !each.endedAt))
    return false;
  await tx.assignments.save(open);
  return true;
}
