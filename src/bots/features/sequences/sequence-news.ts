/** Who is told of a sequence that needs somebody: whoever assigned it, or every admin. Queued with the change itself. */
import type { SequenceNews } from '../../../engine/sequences/plan.ts';
import { timelineRef } from './timeline-ref.ts';

export const sequenceNews: SequenceNews = {
  async needsLook(tx, { assignmentId, personId: about }) {
    const assignment = await tx.assignments.find(assignmentId);
    const by = assignment?.assignedBy;
    const assigner = by?.kind === 'person' ? await tx.people.find(by.personId) : undefined;
    const readers = assigner?.active ? [assigner] : await tx.people.admins();
    for (const { id: personId } of readers)
      await tx.queue.push(
        'message.post',
        { personId, card: timelineRef(about) },
        { lane: 'chat', key: `timeline:${about}:${personId}` },
      );
  },
};
