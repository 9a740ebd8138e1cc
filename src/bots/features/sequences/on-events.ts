/** Who is notified of a sequence that needs someone: the person who assigned it, or every admin. */
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Run } from '../../../engine/runs/run.ts';
import { recordChange } from '../../../engine/sequences/events/record-event.ts';
import type { PlannedItem } from '../../../engine/sequences/planned-item.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { timelineRef } from './timeline-ref.ts';

export const sequenceEvents = {
  /** Nobody is notified, but a sequence may start. */
  'person-changed': (tx, changed) => recordChange(tx, changed),

  'sequence-item-stuck': (tx, { planned }) => postTimeline(tx, planned),

  /** Nobody waits for a run that a sequence started, so a failure is sent to someone, and what Latchkey cancels before it begins. */
  async 'run-ended'(tx, { run }) {
    if (run.state === 'failed') await postTimelineOf(tx, run);
  },
  async 'run-cancelled'(tx, { run, by }) {
    if (by.kind === 'system') await postTimelineOf(tx, run);
  },
} satisfies EventHandlers;

async function postTimelineOf(
  tx: Transaction,
  { id: runId, startedBy }: Pick<Run, 'id' | 'startedBy'>,
): Promise<void> {
  const planned =
    startedBy.kind === 'system' ? await tx.plannedItems.startedBy({ runId }) : undefined;
  if (planned) await postTimeline(tx, planned);
}

async function postTimeline(
  tx: Transaction,
  { assignmentId, personId: about }: PlannedItem,
): Promise<void> {
  const assignment = await tx.assignments.find(assignmentId);
  const by = assignment?.assignedBy;
  const assigner = by?.kind === 'person' ? await tx.people.find(by.personId) : undefined;
  const readers = assigner?.active ? [assigner] : await tx.people.admins();
  for (const { id: personId } of readers)
    await notifyAtOnce(tx, personId, {
      card: timelineRef(about),
      key: `timeline:${about}:${personId}`,
    });
}
