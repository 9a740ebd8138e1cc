import type { Jobs, Queue } from '../ports/jobs.ts';

/**
 * Queues `plan.ts` after a day that sequences count from has changed, in the transaction of the change. An item that falls due
 * before the job runs checks its due time before it fires.
 */
export const queueReplan = (queue: Queue, whose: Jobs['sequences.replan']): Promise<void> =>
  queue.push('sequences.replan', whose, {
    lane: 'background',
    key: `replan:${whose.deletedSequenceId ?? whose.personId ?? ''}`,
  });
