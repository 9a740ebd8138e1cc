/** Assigning a sequence to a person: each of its items is planned for them. */
import { t } from '../../core/translate.ts';
import { type Actor, fullName, type Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { homesOfAdmins, invalidate, offboardingTopic, personTopic } from '../work/topics.ts';
import { calendarOf, whenDue } from './plan.ts';
import { type PlannedItem, planAt } from './planned-item.ts';
import type { Sequence, SequenceAssignment } from './sequence.ts';

export interface AssignmentWish {
  readonly sequence: Sequence;
  readonly person: Person;
  readonly actor: Actor;
  /** Items whose time is already over: `hold` waits for Run now or Skip, `fire` fires them with the next tick. */
  readonly past: 'hold' | 'fire';
}

export type Assigned =
  | {
      readonly kind: 'assigned';
      readonly assignment: SequenceAssignment;
      readonly planned: readonly PlannedItem[];
    }
  /** The person has it, and some item has yet to happen. */
  | { readonly kind: 'has-it' }
  /** Nothing was stored. `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Assigns a sequence, in the transaction of its cause: a click, a new hire, an event. Items fire with the tick after they are
 * due. The caller checks for a missing manager or buddy (`whoIsMissing`); an item that lacks them when it fires fails.
 */
export async function assignSequence(
  tx: Transaction,
  { actor, past, ...wish }: AssignmentWish,
): Promise<Assigned> {
  const person = await tx.people.hold(wish.person.id);
  // Held: an item that is removed is cancelled for this person, too, or not planned for them.
  const sequence = await tx.sequences.hold(wish.sequence.id);
  if (!person) return refused(t`The person is no longer in the directory.`);
  if (!person.active)
    return refused(t`${fullName(person)} has left. An admin can reactivate them.`);
  if (!sequence || sequence.deletedAt)
    return refused(t`The sequence ${wish.sequence.name} has been deleted.`);
  if (!sequence.isOn)
    return refused(t`The sequence ${sequence.name} is turned off. Turn it on to assign it.`);
  const now = tx.now;
  const assignment: SequenceAssignment = {
    id: tx.newId(),
    version: 1,
    sequenceId: sequence.id,
    personId: person.id,
    assignedBy: actor,
    assignedAt: now,
  };
  const items = await tx.sequences.items(sequence.id);
  if (items.length === 0)
    return refused(t`The sequence ${sequence.name} is empty. Add an item to it first.`);
  if ((await tx.assignments.insert(assignment)) === 'taken') return { kind: 'has-it' };
  const calendar = await calendarOf(tx);
  const planned = items.map((item): PlannedItem => {
    const due = whenDue(item, { sequence, assignment, person }, { calendar, ...tx });
    const blank = { id: tx.newId(), version: 1, assignmentId: assignment.id, itemId: item.id };
    return planAt({ ...blank, personId: person.id, state: 'planned' }, { due, late: past }, now);
  });
  await tx.plannedItems.insertMany(planned);
  await tx.audit('sequence.assigned', {
    actor,
    personId: person.id,
    detail: { sequenceId: sequence.id, sequence: sequence.name, items: items.length },
  });
  const leaving = await tx.offboardings.last(person.id); // Its card names the sequences around the last day.
  const waits = planned.some(({ state }) => state === 'past');
  await invalidate(
    tx,
    personTopic(person.id),
    ...(leaving ? [offboardingTopic(leaving.id)] : []),
    ...(waits ? await homesOfAdmins(tx) : []),
  );
  return { kind: 'assigned', assignment, planned };
}

const refused = (why: string) => ({ kind: 'refused', why }) as const;
