/** Records events in the transaction of their cause: none is lost, and none starts for a cause that did not commit. */
import type { Transaction } from '../../ports/unit-of-work.ts';
import type { Woken } from '../../work/leased.ts';
import type { EventCause, Occasion, SequenceEvent } from './event.ts';

/** For people who were added to the directory, or came back. */
export async function recordPeople(tx: Transaction, personIds: readonly string[]): Promise<void> {
  if (personIds.length === 0) return;
  const cause = { kind: 'person-created' } as const;
  for (const sequenceId of await tx.sequenceStarts.startingOn(cause))
    await recordEvents(tx, { sequenceId, cause, personIds });
}

/**
 * For the outcome of a run or a task. A sequence that an event has started causes no further events, and no sequence starts
 * itself. So sequences can't start each other in a circle.
 */
export async function recordOutcome(
  tx: Transaction,
  cause: Exclude<Occasion, { kind: 'person-created' }>,
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
