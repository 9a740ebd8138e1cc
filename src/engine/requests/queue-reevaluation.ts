import type { Jobs, Queue } from '../ports/jobs.ts';

/**
 * Queues the re-evaluation of open requests (`reevaluate-requests.ts`) and reviews, in the transaction of the change. It is a
 * file of its own, so that the code of a change imports neither.
 */
export const queueReevaluation = (
  queue: Queue,
  changed: Jobs['requests.re-evaluate'],
): Promise<void> =>
  queue.push('requests.re-evaluate', changed, {
    lane: 'background',
    key: `re-evaluate:${changed.personId ?? ''}:${changed.integrationId ?? ''}${changed.sameStanding ? ':same' : ''}`,
  });
