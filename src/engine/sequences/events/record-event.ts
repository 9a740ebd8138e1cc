/** Records events in the transaction of their cause: none is lost, and none starts for a cause that did not commit. */
import type { Person } from '../../people/directory.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { addressesOf } from '../../rules/addresses.ts';
import type { EventOf } from '../../work/events.ts';
import type { Woken } from '../../work/leased.ts';
import {
  type ChangeOccasion,
  type EventCause,
  type Occasion,
  type SequenceEvent,
  type WatchedField,
  watchedFields,
} from './event.ts';

/** For people who were added to the directory, or came back. */
export async function recordPeople(tx: Transaction, personIds: readonly string[]): Promise<void> {
  if (personIds.length === 0) return;
  const cause = { kind: 'person-created' } as const;
  for (const sequenceId of await tx.sequenceStarts.startingOn(cause))
    await recordEvents(tx, { sequenceId, cause, personIds });
}

/** For a person whose department, position or manager is another one now. A sequence starts once, whatever else changed. */
export async function recordChange(
  tx: Transaction,
  { before, person }: Pick<EventOf<'person-changed'>, 'before' | 'person'>,
): Promise<void> {
  if (!before.active || !person.active) return;
  const started = new Set<string>();
  for (const field of watchedFields) {
    if (!valueOf(before, field) || !valueOf(person, field)) continue;
    if (valueOf(before, field) === valueOf(person, field)) continue;
    const to = await namesOf(tx, person, field);
    for (const sequenceId of await tx.sequenceStarts.startingOnChange(field, to)) {
      if (started.has(sequenceId)) continue;
      started.add(sequenceId);
      const cause = { kind: 'field-changed', field } as const;
      await recordEvents(tx, { sequenceId, cause, personIds: [person.id] });
    }
  }
}

const valueOf = ({ department, position, managerId }: Person, field: WatchedField) =>
  ({ department, position, manager: managerId })[field];

/** As an admin may name it in the condition: a manager by any address that they have or had. */
async function namesOf(
  tx: Transaction,
  person: Person,
  field: WatchedField,
): Promise<readonly string[]> {
  const value = valueOf(person, field) ?? '';
  if (field !== 'manager') return [value];
  const manager = await tx.people.find(value);
  return manager ? ((await addressesOf(tx, [manager])).get(manager.id) ?? []) : [];
}

/**
 * For the outcome of a run or a task. A sequence that an event has started causes no further events, and no sequence starts
 * itself. So sequences can't start each other in a circle.
 */
export async function recordOutcome(
  tx: Transaction,
  cause: Exclude<Occasion, ChangeOccasion | { kind: 'person-created' }>,
  {
    by,
    personId,
  }: {
    readonly by: { readonly runId: string } | { readonly taskId: string };
    readonly personId: string;
  },
): Promise<void> {
  const sequenceIds = await tx.sequenceStarts.startingOn(cause);
  if (sequenceIds.length === 0) return; // Nearly always.
  const planned = await tx.plannedItems.startedBy(by);
  const behind = planned && (await tx.assignments.find(planned.assignmentId));
  if (behind && (await tx.sequenceEvents.behind(behind.id))) return;
  for (const sequenceId of sequenceIds)
    if (sequenceId !== behind?.sequenceId)
      await recordEvents(tx, { sequenceId, cause, personIds: [personId] });
}

/** @returns the events, in the order of the people */
export async function recordEvents(
  tx: Transaction,
  {
    sequenceId,
    cause,
    personIds,
  }: {
    readonly sequenceId: string;
    readonly cause: EventCause;
    readonly personIds: readonly string[];
  },
): Promise<readonly SequenceEvent[]> {
  const events = personIds.map(
    (personId): SequenceEvent => ({
      id: tx.newId(),
      version: 1,
      sequenceId,
      personId,
      cause,
      at: tx.now,
      state: 'waiting',
    }),
  );
  await tx.sequenceEvents.insertMany(events);
  for (const event of events) await eventWork.wake(tx, event, tx.now);
  return events;
}

export const eventWork: Woken<Pick<SequenceEvent, 'id'>> = {
  store: ({ sequenceEvents }) => sequenceEvents,
  wake: (tx, { id: eventId }, dueAt) =>
    tx.queue.push(
      'sequence.start',
      { eventId },
      { lane: 'background', dueAt, key: `start:${eventId}` },
    ),
};
