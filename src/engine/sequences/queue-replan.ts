import type { Jobs, Queue } from '../ports/jobs.ts';

/**
 * The days have changed that sequences count from (`sequences/plan.ts`). Queued in the transaction of the change itself, so that
 * whoever changes a person needs to know nothing of sequences; what falls due in between is looked at before it fires.
 */
export const queueReplan = (queue: Queue, whose: Jobs['sequences.replan']): Promise<void> =>
  queue.push('sequences.replan', whose, {
    lane: 'background',
    key: `replan:${whose.deletedSequenceId ?? whose.personId ?? ''}`,
  });
